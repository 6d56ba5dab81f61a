# Withdrawn, and then the file says that the longer path is out for an hour first: the route does not come back for that.

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
        "drain": {"prepend": 3, "for": "500ms"}
      }
    }
  }

0 ms
  haproxy lives: http_back 2 of 2 up
  > log: info ExaBGP 4.2.21 answers
  > log: info service web: not known yet -> up (http_back: 2 of 2 servers up), announcing 9.9.9.9/32
  > exabgp: system version
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]

500 ms
  drain web: kernel update
  > log: info service web: drain by alice: kernel update, announcing 9.9.9.9/32 with a longer AS path (4, was 1) for 500ms
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 65010 65010 65010 ]

1000 ms
  > log: info service web: drained by alice: kernel update, withdrawing 9.9.9.9/32
  > exabgp: withdraw route 9.9.9.9/32

2000 ms
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
          "drain": {"prepend": 3, "for": "1h"}
        }
      }
    }

4000 ms
  end
