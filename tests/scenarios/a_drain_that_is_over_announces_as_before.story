# Over before it is withdrawn, and after: the route is as it was, at once.

config:
  {
    "services": {
      "web": {
        "prefixes": ["9.9.9.9/32"],
        "next_hop": "172.16.156.70",
        "as_path": [65010],
        "levels": [{"name": "up", "when": {"backend": {"name": "http_back"}}}],
        "rise": 1,
        "fall": 1,
        "drain": {"ask": "1s", "prepend": 3, "community": ["65010:7"], "for": "500ms"}
      }
    }
  }

0 ms
  haproxy: http_back 2 of 2 up
  > log: info ExaBGP 4.2.21 answers
  > log: info service web: not known yet -> up (http_back: 2 of 2 servers up), announcing 9.9.9.9/32
  > exabgp: system version
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]

100 ms
  drain web: kernel update
  > log: info service web: drain by alice: kernel update, announcing 9.9.9.9/32 with a longer AS path (4, was 1) for 500ms

200 ms
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 65010 65010 65010 ] community [ 65010:7 ]

300 ms
  drain web: over
  > log: info service web: not drained any more, 'up', announcing 9.9.9.9/32
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]

400 ms
  drain web: again
  > log: info service web: drain by alice: again, announcing 9.9.9.9/32 with a longer AS path (4, was 1) for 500ms
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 65010 65010 65010 ] community [ 65010:7 ]

900 ms
  > log: info service web: drained by alice: again, withdrawing 9.9.9.9/32
  > exabgp: withdraw route 9.9.9.9/32

1000 ms
  drain web: over
  > log: info service web: not drained any more, 'up', announcing 9.9.9.9/32
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]
