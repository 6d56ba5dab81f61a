# Without HAProxy there is not even an error page: withdrawn, whatever the sibling says.

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
  probe http http://172.16.136.70/health: no 503
  haproxy: http_back 2 of 2 up
  > log: info ExaBGP 4.2.21 answers
  > log: info service web: not known yet -> up (http_back: 2 of 2 servers up), announcing 9.9.9.9/32
  > exabgp: system version
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]

100 ms
  haproxy gone: connection refused
  > log: warn service web: up -> down (HAProxy is gone: connection refused), withdrawing 9.9.9.9/32

200 ms
  haproxy: http_back 0 of 2 up

290 ms
  probe http http://172.16.136.70/health: no 503

300 ms
  haproxy: http_back 0 of 2 up

390 ms
  probe http http://172.16.136.70/health: no 503

400 ms
  haproxy: http_back 0 of 2 up

490 ms
  probe http http://172.16.136.70/health: no 503

500 ms
  haproxy: http_back 0 of 2 up
  > log: warn service web: down -> last standing (http_back: 0 of 2 servers up: backend01 DOWN L4CON, backend02 DOWN L4CON; no sibling is known to be healthy: http http://172.16.136.70/health: 503), announcing 9.9.9.9/32
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 65010 65010 65010 65010 65010 65010 ]

600 ms
  haproxy gone: connection refused
  > log: warn service web: last standing -> down (HAProxy is gone: connection refused), withdrawing 9.9.9.9/32
  > exabgp: withdraw route 9.9.9.9/32
