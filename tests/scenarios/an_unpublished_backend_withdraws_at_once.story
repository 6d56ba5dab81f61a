# unpublish backend (HAProxy 3.4): UP (UNPUB), with fall 3.

config:
  {
    "services": {
      "web": {
        "prefixes": ["9.9.9.9/32"],
        "next_hop": "172.16.156.70",
        "as_path": [65010],
        "levels": [{"name": "up", "when": {"backend": {"name": "http_back"}}}],
        "fall": 3
      }
    }
  }

0 ms
  haproxy: http_back 2 of 2 up
  > log: info ExaBGP 4.2.21 answers
  > exabgp: system version

100 ms
  haproxy: http_back 2 of 2 up
  > log: info service web: not known yet -> up (http_back: 2 of 2 servers up), announcing 9.9.9.9/32
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]

1000 ms
  haproxy: http_back: backend01 UP, backend02 UP, BACKEND UP (UNPUB)
  > log: warn service web: up -> down (http_back: 2 of 2 servers up, backend UP (UNPUB)), withdrawing 9.9.9.9/32
  > exabgp: withdraw route 9.9.9.9/32
