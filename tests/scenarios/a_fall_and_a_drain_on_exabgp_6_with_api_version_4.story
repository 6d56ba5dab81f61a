# ExaBGP 6 with API version 4 takes the words of 5.0, and sends as late as with API version 6.

config:
  {
    "services": {
      "web": {
        "prefixes": ["9.9.9.9/32"],
        "next_hop": "172.16.156.70",
        "as_path": [65010],
        "neighbors": ["172.16.159.4"],
        "levels": [{"name": "up", "when": {"backend": {"name": "http_back"}}}],
        "rise": 1,
        "drain": {"prepend": 3, "for": "100ms"}
      }
    }
  }

0 ms
  exabgp answers: version 6.0.0
  exabgp answers: established 172.16.159.4
  exabgp answers: holds neighbor 172.16.159.4 local-ip 172.16.156.70 local-as 65010 peer-as 65515 router-id 172.16.156.70 family-allowed in-open ipv4 unicast 9.9.9.9/32 next-hop 172.16.156.70 origin igp as-path ( 65010 )
  haproxy: http_back 2 of 2 up
  > log: info ExaBGP 6.0.0 answers, in the grammar of its API version 4
  > log: info service web: not known yet -> up (http_back: 2 of 2 servers up), announcing 9.9.9.9/32
  > exabgp: system version
  > exabgp: neighbor 172.16.159.4 announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]

200 ms
  > log: info neighbor 172.16.159.4 has been up since before this process started
  > exabgp: show neighbor summary
  > exabgp: show adj-rib out extensive
  > exabgp: show neighbor summary

400 ms
  > exabgp: show neighbor summary

1000 ms
  haproxy: http_back 0 of 2 up
  > log: warn service web: up -> down (http_back: 0 of 2 servers up: backend01 DOWN L4CON, backend02 DOWN L4CON), withdrawing 9.9.9.9/32
  > exabgp: neighbor 172.16.159.4 withdraw route 9.9.9.9/32

2000 ms
  haproxy: http_back 2 of 2 up
  > log: info service web: down -> up (http_back: 2 of 2 servers up), announcing 9.9.9.9/32
  > exabgp: neighbor 172.16.159.4 announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]

2200 ms
  > exabgp: show neighbor summary

4000 ms
  drain web: kernel update
  > log: info service web: drain by alice: kernel update, announcing 9.9.9.9/32 with a longer AS path (4, was 1) for 100ms
  > exabgp: neighbor 172.16.159.4 announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 65010 65010 65010 ]

4100 ms
  > log: info service web: drained by alice: kernel update, withdrawing 9.9.9.9/32
  > exabgp: neighbor 172.16.159.4 withdraw route 9.9.9.9/32

4200 ms
  > exabgp: show neighbor summary

4300 ms
  > exabgp: neighbor 172.16.159.4 withdraw route 9.9.9.9/32

5300 ms
  > exabgp: neighbor 172.16.159.4 withdraw route 9.9.9.9/32

6000 ms
  drain web: over
  > log: info service web: not drained any more, 'up', announcing 9.9.9.9/32
  > exabgp: neighbor 172.16.159.4 announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]

6200 ms
  > exabgp: show neighbor summary

8000 ms
  end
