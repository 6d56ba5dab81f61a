# What ExaBGP holds is read in the moment in which a session that is healed is announced its route with another origin. That is no
# difference.

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

0 ms
  exabgp answers: JSON version 6.0.0
  exabgp answers: established 172.16.159.4
  exabgp answers: established 172.16.159.5
  exabgp answers: holds neighbor 172.16.159.4 local-ip 172.16.156.70 local-as 65010 peer-as 65515 router-id 172.16.156.70 family-allowed in-open ipv4 unicast 9.9.9.9/32 next-hop 172.16.156.70 as-path ( 65010 )
  exabgp answers: holds neighbor 172.16.159.5 local-ip 172.16.156.70 local-as 65010 peer-as 65515 router-id 172.16.156.70 family-allowed in-open ipv4 unicast 9.9.9.9/32 next-hop 172.16.156.70 as-path ( 65010 )
  exabgp: { "exabgp": "6.0.0", "time": 1796007157.32, "host" : "ne", "pid" : 70, "ppid" : 1, "counter": 2, "type": "state", "neighbor": { "address": { "local": "172.16.156.70", "peer": "172.16.159.4" }, "asn": { "local": 65010, "peer": 65515 }, "router-id": "172.16.156.70" , "state": "up" } }
  exabgp: { "exabgp": "6.0.0", "time": 1796007157.33, "host" : "ne", "pid" : 70, "ppid" : 1, "counter": 3, "type": "state", "neighbor": { "address": { "local": "172.16.156.70", "peer": "172.16.159.5" }, "asn": { "local": 65010, "peer": 65515 }, "router-id": "172.16.156.70" , "state": "up" } }
  haproxy: http_back 2 of 2 up
  > log: info ExaBGP 6.0.0 answers, in the grammar of its API version 6
  > log: info service web: not known yet -> up (http_back: 2 of 2 servers up), announcing 9.9.9.9/32
  > log: info neighbor 172.16.159.4 up
  > log: info neighbor 172.16.159.5 up
  > exabgp: system version
  > exabgp: peer * announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]

200 ms
  > exabgp: peer list

400 ms
  > exabgp: peer list

1000 ms
  exabgp: { "exabgp": "6.0.0", "time": 1796007157.34, "host" : "ne", "pid" : 70, "ppid" : 1, "counter": 4, "type": "state", "neighbor": { "address": { "local": "172.16.156.70", "peer": "172.16.159.5" }, "asn": { "local": 65010, "peer": 65515 }, "router-id": "172.16.156.70" , "state": "down", "reason": "closing connection" } }
  > log: info neighbor 172.16.159.5 down: closing connection

2000 ms
  haproxy: http_back: backend01 DOWN L7STS, backend02 DOWN L7STS
  > log: warn service web: up -> down (http_back: 0 of 2 servers up: backend01 DOWN L7STS, backend02 DOWN L7STS), withdrawing 9.9.9.9/32
  > exabgp: peer * withdraw route 9.9.9.9/32

4000 ms
  haproxy: http_back 2 of 2 up
  > log: info service web: down -> up (http_back: 2 of 2 servers up), announcing 9.9.9.9/32
  > exabgp: peer * announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]

4200 ms
  > exabgp: peer list

6000 ms
  > exabgp: peer list

9600 ms
  exabgp answers: JSON version 6.0.0
  exabgp answers: established 172.16.159.4
  exabgp answers: established 172.16.159.5
  exabgp answers: holds neighbor 172.16.159.4 local-ip 172.16.156.70 local-as 65010 peer-as 65515 router-id 172.16.156.70 family-allowed in-open ipv4 unicast 9.9.9.9/32 next-hop 172.16.156.70 as-path ( 65010 )
  exabgp answers: holds neighbor 172.16.159.5 local-ip 172.16.156.70 local-as 65010 peer-as 65515 router-id 172.16.156.70 family-allowed in-open ipv4 unicast 9.9.9.9/32 next-hop 172.16.156.70 origin incomplete as-path ( 65010 )
  exabgp: { "exabgp": "6.0.0", "time": 1796007157.35, "host" : "ne", "pid" : 70, "ppid" : 1, "counter": 5, "type": "state", "neighbor": { "address": { "local": "172.16.156.70", "peer": "172.16.159.5" }, "asn": { "local": 65010, "peer": 65515 }, "router-id": "172.16.156.70" , "state": "up" } }
  > log: info neighbor 172.16.159.5 up
  > log: info neighbor 172.16.159.5 came up after changes, sending it every route again

9900 ms
  > exabgp: peer 172.16.159.5 routes add route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ] origin incomplete
  > exabgp: peer * routes list
  > exabgp: peer list

10100 ms
  > exabgp: peer list
  > exabgp: peer 172.16.159.5 routes add route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]

10300 ms
  > exabgp: peer list

12000 ms
  end
