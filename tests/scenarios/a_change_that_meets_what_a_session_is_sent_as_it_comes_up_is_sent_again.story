# A session comes up while a route is announced otherwise: ExaBGP sends what it held and what it is told in an order of its own. Seen with
# ExaBGP 6 and 1,000 routes, of which 38 stayed as they had been.

config:
  {
    "services": {
      "web": {
        "prefixes": ["9.9.9.9/32"],
        "next_hop": "172.16.156.70",
        "levels": [
          {"name": "up", "when": {"backend": {"name": "http_back", "min_active": 2}}, "as_path": [65010]},
          {"name": "half", "when": {"backend": {"name": "http_back"}}, "as_path": [65010, 65010]}
        ],
        "rise": 1, "fall": 1
      }
    }
  }

0 ms
  exabgp answers: JSON version 6.0.0
  exabgp answers: established 172.16.159.5
  exabgp answers: holds neighbor 172.16.159.5 local-ip 172.16.156.70 local-as 65010 peer-as 65515 router-id 172.16.156.70 family-allowed in-open ipv4 unicast 9.9.9.9/32 next-hop 172.16.156.70 as-path ( 65010 65010 )
  exabgp: { "exabgp": "6.0.0", "time": 1796007157.36, "host" : "ne", "pid" : 70, "ppid" : 1, "counter": 2, "type": "state", "neighbor": { "address": { "local": "172.16.156.70", "peer": "172.16.159.5" }, "asn": { "local": 65010, "peer": 65515 }, "router-id": "172.16.156.70" , "state": "up" } }
  haproxy: http_back 2 of 2 up
  > log: info ExaBGP 6.0.0 answers, in the grammar of its API version 6
  > log: info service web: not known yet -> up (http_back: 2 of 2 servers up), announcing 9.9.9.9/32
  > log: info neighbor 172.16.159.5 up
  > exabgp: system version
  > exabgp: peer * announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]

200 ms
  > exabgp: peer list

400 ms
  > exabgp: peer list

2000 ms
  exabgp: { "exabgp": "6.0.0", "time": 1796007157.36, "host" : "ne", "pid" : 70, "ppid" : 1, "counter": 2, "type": "state", "neighbor": { "address": { "local": "172.16.156.70", "peer": "172.16.159.5" }, "asn": { "local": 65010, "peer": 65515 }, "router-id": "172.16.156.70" , "state": "down", "reason": "closing connection" } }
  > log: info neighbor 172.16.159.5 down: closing connection

4000 ms
  exabgp: { "exabgp": "6.0.0", "time": 1796007157.36, "host" : "ne", "pid" : 70, "ppid" : 1, "counter": 2, "type": "state", "neighbor": { "address": { "local": "172.16.156.70", "peer": "172.16.159.5" }, "asn": { "local": 65010, "peer": 65515 }, "router-id": "172.16.156.70" , "state": "up" } }
  haproxy: http_back 1 of 2 up
  > log: warn service web: up -> half (http_back: 1 of 2 servers up, 2 wanted: backend02 DOWN L4CON), announcing 9.9.9.9/32 with a longer AS path (2, was 1)
  > log: info neighbor 172.16.159.5 up
  > exabgp: peer * announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 65010 ]

4200 ms
  > exabgp: peer list

4300 ms
  > exabgp: peer 172.16.159.5 routes add route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 65010 ] origin incomplete
  > exabgp: peer * routes list
  > exabgp: peer list

4500 ms
  > exabgp: peer list
  > exabgp: peer 172.16.159.5 routes add route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 65010 ]

4700 ms
  > exabgp: peer list

9000 ms
  end
