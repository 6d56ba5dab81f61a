# At a start nothing is announced before the sibling was asked.

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
        "siblings": {"urls": ["http://172.16.136.70/health"], "last_standing": {"prepend": 6}}
      }
    }
  }

0 ms
  haproxy: http_back 0 of 2 up
  > log: info ExaBGP 4.2.21 answers
  > log: warn service web: state unknown (http_back: 0 of 2 servers up: backend01 DOWN L4CON, backend02 DOWN L4CON; http http://172.16.136.70/health: not asked yet), waiting
  > exabgp: system version

90 ms
  probe http http://172.16.136.70/health: no 503

100 ms
  haproxy: http_back 0 of 2 up

190 ms
  probe http http://172.16.136.70/health: no 503

200 ms
  haproxy: http_back 0 of 2 up

290 ms
  probe http http://172.16.136.70/health: no 503

300 ms
  haproxy: http_back 0 of 2 up
  > log: warn service web: not known yet -> last standing (http_back: 0 of 2 servers up: backend01 DOWN L4CON, backend02 DOWN L4CON; no sibling is known to be healthy: http http://172.16.136.70/health: 503), announcing 9.9.9.9/32
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 65010 65010 65010 65010 65010 65010 ]

400 ms
  haproxy: http_back 2 of 2 up
  > log: info service web: last standing -> up (http_back: 2 of 2 servers up), announcing 9.9.9.9/32 with a shorter AS path (1, was 7)
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]
