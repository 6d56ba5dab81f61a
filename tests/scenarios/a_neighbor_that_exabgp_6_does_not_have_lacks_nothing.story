# Two neighbors are named, of which exabgp.conf has one. ExaBGP 6 is told for the one that it has, so that it is no difference that the other
# one holds nothing; what that one lacks is said of nobody.

config:
  {
    "read_back": "5s",
    "services": {
      "web": {
        "prefixes": ["9.9.9.9/32"],
        "next_hop": "172.16.156.70",
        "as_path": [65010],
        "neighbors": ["172.16.159.4", "172.16.159.5"],
        "levels": [{"name": "up", "when": {"backend": {"name": "http_back"}}}],
        "rise": 1
      }
    }
  }

0 ms
  exabgp answers: JSON version 6.0.0
  exabgp answers: established 172.16.159.4
  exabgp answers: holds neighbor 172.16.159.4 local-ip 172.16.156.70 local-as 65010 peer-as 65515 router-id 172.16.156.70 family-allowed in-open ipv4 unicast 9.9.9.9/32 next-hop 172.16.156.70 as-path ( 65010 )
  exabgp: { "exabgp": "6.0.0", "time": 1796007157.36, "host" : "ne", "pid" : 70, "ppid" : 1, "counter": 2, "type": "state", "neighbor": { "address": { "local": "172.16.156.70", "peer": "172.16.159.4" }, "asn": { "local": 65010, "peer": 65515 }, "router-id": "172.16.156.70" , "state": "up" } }
  haproxy: http_back 2 of 2 up
  > log: info ExaBGP 6.0.0 answers, in the grammar of its API version 6
  > log: warn ExaBGP has no neighbor 172.16.159.5, so nothing is said to it until it has; exabgp.conf must have it, or 'neighbors' must not name it
  > log: info service web: not known yet -> up (http_back: 2 of 2 servers up), announcing 9.9.9.9/32
  > log: info neighbor 172.16.159.4 up
  > exabgp: system version
  > exabgp: peer list

200 ms
  > exabgp: peer 172.16.159.4 routes add route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]

400 ms
  > exabgp: peer list

1000 ms
  > exabgp: peer list

3000 ms
  > exabgp: peer list

5000 ms
  > exabgp: peer * routes list
  > exabgp: peer list

7000 ms
  exabgp answers: JSON version 6.0.0
  exabgp answers: established 172.16.159.4
  > exabgp: peer list

10000 ms
  > log: warn 9.9.9.9/32 differs in ExaBGP from what was sent: no neighbor holds it; sending it again
  > exabgp: peer * routes list
  > exabgp: peer 172.16.159.4 routes add route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]
  > exabgp: peer list

10200 ms
  > exabgp: peer list

13000 ms
  end
