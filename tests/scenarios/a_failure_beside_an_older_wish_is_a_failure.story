# Fall 3: one server has been in MAINT since before; the other dies. That is a failure, and takes three readings. The server that
# failed is named first.

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
  haproxy: http_back: backend01 MAINT, backend02 UP

2000 ms
  haproxy: http_back: backend01 MAINT, backend02 DOWN

2100 ms
  haproxy: http_back: backend01 MAINT, backend02 DOWN

2200 ms
  haproxy: http_back: backend01 MAINT, backend02 DOWN
  > log: warn service web: up -> down (http_back: 0 of 2 servers up: backend02 DOWN L4CON, backend01 MAINT), withdrawing 9.9.9.9/32
  > exabgp: withdraw route 9.9.9.9/32
