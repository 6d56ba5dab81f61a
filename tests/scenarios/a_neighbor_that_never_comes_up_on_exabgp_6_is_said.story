# ExaBGP 6 reports nothing of a neighbor that never comes up. It is asked who is established, and which of the others list this process
# is read: 172.16.159.6 does not.

config:
  {
    "services": {
      "web": {
        "prefixes": ["9.9.9.9/32"],
        "next_hop": "172.16.156.70",
        "levels": [{"name": "up", "when": {"backend": {"name": "http_back"}}}],
        "rise": 1
      }
    }
  }

0 ms
  exabgp answers: JSON version 6.0.0
  exabgp answers: established 172.16.159.4
  exabgp answers: idle 172.16.159.5
  exabgp answers: idle 172.16.159.6
  exabgp answers: holds neighbor 172.16.159.4 local-ip 172.16.156.70 local-as 65010 peer-as 65515 router-id 172.16.156.70 family-allowed in-open ipv4 unicast 9.9.9.9/32 next-hop 172.16.156.70
  exabgp answers: holds neighbor 172.16.159.5 local-ip 172.16.156.70 local-as 65010 peer-as 65515 router-id 172.16.156.70 family-allowed in-open ipv4 unicast 9.9.9.9/32 next-hop 172.16.156.70
  exabgp: { "exabgp": "6.0.0", "time": 1796007157.0, "host" : "ne", "pid" : 70, "ppid" : 1, "counter": 2, "type": "state", "neighbor": { "address": { "local": "172.16.156.70", "peer": "172.16.159.4" }, "asn": { "local": 65010, "peer": 65515 }, "router-id": "172.16.156.70" , "state": "up" } }
  haproxy: http_back 2 of 2 up
  > log: info ExaBGP 6.0.0 answers, in the grammar of its API version 6
  > log: info service web: not known yet -> up (http_back: 2 of 2 servers up), announcing 9.9.9.9/32
  > log: info neighbor 172.16.159.4 up
  > exabgp: system version
  > exabgp: peer * announce route 9.9.9.9/32 next-hop 172.16.156.70

200 ms
  > exabgp: peer list

400 ms
  > exabgp: peer list

5200 ms
  > log: info neighbor 172.16.159.5 is not up: ExaBGP has no session with it
  > exabgp: peer list
  > exabgp: peer * routes list
  > exabgp: peer list

15200 ms
  > exabgp: peer list

35200 ms
  > exabgp: peer list

65200 ms
  > exabgp: peer * routes list
  > exabgp: peer list

70000 ms
  exabgp answers: JSON version 6.0.0
  exabgp answers: established 172.16.159.4
  exabgp answers: established 172.16.159.5
  exabgp answers: idle 172.16.159.6
  exabgp answers: holds neighbor 172.16.159.4 local-ip 172.16.156.70 local-as 65010 peer-as 65515 router-id 172.16.156.70 family-allowed in-open ipv4 unicast 9.9.9.9/32 next-hop 172.16.156.70
  exabgp answers: holds neighbor 172.16.159.5 local-ip 172.16.156.70 local-as 65010 peer-as 65515 router-id 172.16.156.70 family-allowed in-open ipv4 unicast 9.9.9.9/32 next-hop 172.16.156.70
  exabgp: { "exabgp": "6.0.0", "time": 1796007227.0, "host" : "ne", "pid" : 70, "ppid" : 1, "counter": 2, "type": "state", "neighbor": { "address": { "local": "172.16.156.70", "peer": "172.16.159.5" }, "asn": { "local": 65010, "peer": 65515 }, "router-id": "172.16.156.70" , "state": "up" } }
  > log: info neighbor 172.16.159.5 up

70300 ms
  > exabgp: peer * routes list
  > exabgp: peer list

80000 ms
  end
