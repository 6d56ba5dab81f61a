# No sibling is healthy: neither warm-up nor damping keep back the only region that serves.

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
        "siblings": {"urls": ["http://172.16.136.70/health"], "last_standing": {"prepend": 6}},
        "damping": {"wait": "200ms", "ceiling": "400ms", "quiet": "5s"},
        "warm_up": "300ms"
      }
    }
  }

0 ms
  probe http http://172.16.136.70/health: no 503
  haproxy: http_back 2 of 2 up
  > log: info ExaBGP 4.2.21 answers
  > log: info service web: not known yet -> up (http_back: 2 of 2 servers up), announcing 9.9.9.9/32
  > exabgp: system version
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]

100 ms
  haproxy: http_back 0 of 2 up
  > log: warn service web: up -> last standing (http_back: 0 of 2 servers up: backend01 DOWN L4CON, backend02 DOWN L4CON; the siblings are being asked), announcing 9.9.9.9/32 with a longer AS path (7, was 1)

190 ms
  probe http http://172.16.136.70/health: no 503

200 ms
  haproxy: http_back 2 of 2 up
  > log: info service web: last standing -> up (http_back: 2 of 2 servers up), announcing 9.9.9.9/32 with a shorter AS path (1, was 7)

300 ms
  haproxy: http_back 0 of 2 up
  > log: warn service web: up -> last standing (http_back: 0 of 2 servers up: backend01 DOWN L4CON, backend02 DOWN L4CON; the siblings are being asked), announcing 9.9.9.9/32 with a longer AS path (7, was 1)
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 65010 65010 65010 65010 65010 65010 ]

390 ms
  probe http http://172.16.136.70/health: no 503

400 ms
  haproxy: http_back 2 of 2 up
  > log: info service web: last standing -> up (http_back: 2 of 2 servers up), announcing 9.9.9.9/32 with a shorter AS path (1, was 7)
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]
