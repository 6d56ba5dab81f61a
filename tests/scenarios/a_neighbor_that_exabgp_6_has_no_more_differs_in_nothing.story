# A neighbor is taken out of exabgp.conf, and the service that names it out of the file. ExaBGP 6 is not told to withdraw it, which it would
# do everywhere; what it holds no more with the neighbor is no difference, and nothing is said to be sent again. The neighbor's return
# withdraws.

config:
  {
    "read_back": "10s",
    "services": {
      "late": {
        "prefixes": ["192.0.2.1/32"],
        "next_hop": "172.16.156.70",
        "neighbors": ["172.16.159.5"],
        "levels": [{"name": "up", "when": {"backend": {"name": "http_back"}}}],
        "rise": 1
      },
      "web": {
        "prefixes": ["9.9.9.9/32"],
        "next_hop": "172.16.156.70",
        "as_path": [65010],
        "levels": [{"name": "up", "when": {"backend": {"name": "http_back"}}}],
        "rise": 1
      }
    }
  }

0 ms
  exabgp answers: JSON version 6.0.0
  exabgp answers: established 172.16.159.4
  exabgp answers: established 172.16.159.5
  exabgp answers: holds neighbor 172.16.159.4 local-ip 172.16.156.70 local-as 65010 peer-as 65515 router-id 172.16.156.70 family-allowed in-open ipv4 unicast 9.9.9.9/32 next-hop 172.16.156.70 as-path ( 65010 )
  exabgp: { "exabgp": "6.0.0", "time": 1796007157.36, "host" : "ne", "pid" : 70, "ppid" : 1, "counter": 2, "type": "state", "neighbor": { "address": { "local": "172.16.156.70", "peer": "172.16.159.4" }, "asn": { "local": 65010, "peer": 65515 }, "router-id": "172.16.156.70" , "state": "up" } }
  exabgp: { "exabgp": "6.0.0", "time": 1796007157.37, "host" : "ne", "pid" : 70, "ppid" : 1, "counter": 2, "type": "state", "neighbor": { "address": { "local": "172.16.156.70", "peer": "172.16.159.5" }, "asn": { "local": 65010, "peer": 65515 }, "router-id": "172.16.156.70" , "state": "up" } }
  haproxy: http_back 2 of 2 up
  > log: info ExaBGP 6.0.0 answers, in the grammar of its API version 6
  > log: info service late: not known yet -> up (http_back: 2 of 2 servers up), announcing 192.0.2.1/32
  > log: info service web: not known yet -> up (http_back: 2 of 2 servers up), announcing 9.9.9.9/32
  > log: info neighbor 172.16.159.4 up
  > log: info neighbor 172.16.159.5 up
  > exabgp: system version
  > exabgp: peer list

200 ms
  > exabgp: peer * announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]
  > exabgp: peer 172.16.159.5 routes add route 192.0.2.1/32 next-hop 172.16.156.70

400 ms
  > exabgp: peer list

1000 ms
  exabgp answers: JSON version 6.0.0
  exabgp answers: established 172.16.159.4
  exabgp answers: holds neighbor 172.16.159.4 local-ip 172.16.156.70 local-as 65010 peer-as 65515 router-id 172.16.156.70 family-allowed in-open ipv4 unicast 9.9.9.9/32 next-hop 172.16.156.70 as-path ( 65010 )
  exabgp: { "exabgp": "6.0.0", "time": 1796007158.36, "host" : "ne", "pid" : 70, "ppid" : 1, "counter": 3, "type": "state", "neighbor": { "address": { "local": "172.16.156.70", "peer": "172.16.159.5" }, "asn": { "local": 65010, "peer": 65515 }, "router-id": "172.16.156.70" , "state": "down", "reason": "stop, message [removed]" } }
  > log: info neighbor 172.16.159.5 is not in exabgp.conf any more
  > log: warn ExaBGP has no neighbor 172.16.159.5, so nothing is said to it until it has; exabgp.conf must have it, or 'neighbors' must not name it
  > exabgp: peer list

2000 ms
  config:
    {
      "read_back": "10s",
      "services": {
        "web": {
          "prefixes": ["9.9.9.9/32"],
          "next_hop": "172.16.156.70",
          "as_path": [65010],
          "levels": [{"name": "up", "when": {"backend": {"name": "http_back"}}}],
          "rise": 1
        }
      }
    }
  > log: info service late: 192.0.2.1/32 not configured any more, withdrawing
  > exabgp: peer list

2100 ms
  haproxy: http_back 2 of 2 up

4000 ms
  > exabgp: peer list

6000 ms
  > exabgp: peer list

8000 ms
  > exabgp: peer list

10000 ms
  > exabgp: peer * routes list
  > exabgp: peer list

12000 ms
  exabgp answers: JSON version 6.0.0
  exabgp answers: established 172.16.159.4
  exabgp answers: established 172.16.159.5
  exabgp answers: holds neighbor 172.16.159.4 local-ip 172.16.156.70 local-as 65010 peer-as 65515 router-id 172.16.156.70 family-allowed in-open ipv4 unicast 9.9.9.9/32 next-hop 172.16.156.70 as-path ( 65010 )
  exabgp: { "exabgp": "6.0.0", "time": 1796007169.36, "host" : "ne", "pid" : 70, "ppid" : 1, "counter": 4, "type": "state", "neighbor": { "address": { "local": "172.16.156.70", "peer": "172.16.159.5" }, "asn": { "local": 65010, "peer": 65515 }, "router-id": "172.16.156.70" , "state": "up" } }
  > log: info neighbor 172.16.159.5 up
  > exabgp: peer 172.16.159.5 routes remove route 192.0.2.1/32

12300 ms
  > log: info 9.9.9.9/32: neighbor 172.16.159.5 does not hold it as it comes up, sending it again
  > exabgp: peer * routes list
  > exabgp: peer * announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]
  > exabgp: peer list

12500 ms
  > exabgp: peer list

14000 ms
  end
