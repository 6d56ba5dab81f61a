# What ExaBGP 6 holds for a neighbor that was put back is read in the moment in which a route is announced otherwise to another
# one: that route is compared later.

config:
  {
    "services": {
      "web": {
        "prefixes": ["9.9.9.9/32"],
        "next_hop": "172.16.156.70",
        "as_path": [65010],
        "levels": [{"name": "up", "when": {"backend": {"name": "http_back"}}}],
        "rise": 1, "fall": 1
      }
    }
  }

0 ms
  exabgp answers: JSON version 6.0.0
  exabgp answers: established 172.16.159.4
  exabgp answers: established 172.16.159.5
  exabgp answers: holds neighbor 172.16.159.4 local-ip 172.16.156.70 local-as 65010 peer-as 65515 router-id 172.16.156.70 family-allowed in-open ipv4 unicast 9.9.9.9/32 next-hop 172.16.156.70 as-path ( 65010 )
  exabgp answers: holds neighbor 172.16.159.5 local-ip 172.16.156.70 local-as 65010 peer-as 65515 router-id 172.16.156.70 family-allowed in-open ipv4 unicast 9.9.9.9/32 next-hop 172.16.156.70 as-path ( 65010 )
  exabgp: neighbor 172.16.159.4 up
  exabgp: neighbor 172.16.159.5 up
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

2700 ms
  exabgp: neighbor 172.16.159.4 down - closing connection
  > log: info neighbor 172.16.159.4 down: closing connection

3000 ms
  haproxy: http_back 0 of 2 up
  > log: warn service web: up -> down (http_back: 0 of 2 servers up: backend01 DOWN L4CON, backend02 DOWN L4CON), withdrawing 9.9.9.9/32
  > exabgp: peer * withdraw route 9.9.9.9/32

4000 ms
  haproxy: http_back 2 of 2 up
  > log: info service web: down -> up (http_back: 2 of 2 servers up), announcing 9.9.9.9/32
  > exabgp: peer * announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]

4200 ms
  > exabgp: peer list

4600 ms
  exabgp: neighbor 172.16.159.5 down - closing connection
  > log: info neighbor 172.16.159.5 down: closing connection

4700 ms
  exabgp answers: JSON version 6.0.0
  exabgp answers: established 172.16.159.4
  exabgp answers: established 172.16.159.5
  exabgp answers: holds neighbor 172.16.159.4 local-ip 172.16.156.70 local-as 65010 peer-as 65515 router-id 172.16.156.70 family-allowed in-open ipv4 unicast 9.9.9.9/32 next-hop 172.16.156.70 as-path ( 65010 )

5000 ms
  exabgp: neighbor 172.16.159.4 up
  > log: info neighbor 172.16.159.4 up
  > log: info neighbor 172.16.159.4 came up after changes, sending it every route again

5150 ms
  exabgp: neighbor 172.16.159.5 up
  > log: info neighbor 172.16.159.5 up

5300 ms
  > exabgp: peer 172.16.159.4 routes add route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ] origin incomplete
  > exabgp: peer * routes list
  > exabgp: peer list

5500 ms
  > exabgp: peer list
  > exabgp: peer 172.16.159.4 routes add route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]

5700 ms
  > exabgp: peer list

6300 ms
  > log: info 9.9.9.9/32: neighbor 172.16.159.5 does not hold it as it comes up, sending it again
  > exabgp: peer * routes list
  > exabgp: peer * announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]
  > exabgp: peer list

6500 ms
  > exabgp: peer list

12000 ms
  end
