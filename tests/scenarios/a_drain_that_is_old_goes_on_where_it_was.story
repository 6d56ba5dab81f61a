# The process starts in the middle of a drain: the stages are counted from its declaration.

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
  drain web: declared a minute ago
  > log: info ExaBGP 4.2.21 answers
  > log: info service web: drained by alice: declared a minute ago, withdrawing 9.9.9.9/32
  > exabgp: system version
  > exabgp: withdraw route 9.9.9.9/32

100 ms
  haproxy: http_back 2 of 2 up
  > log: info service web: not known yet -> up (http_back: 2 of 2 servers up), while it is drained, still withdrawn: 9.9.9.9/32

200 ms
  drain web: over
  > log: info service web: not drained any more, 'up', announcing 9.9.9.9/32
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]
