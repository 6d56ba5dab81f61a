# A healthy sibling that was asked after the loss: only then it is withdrawn. One lost answer of the sibling brings nothing back,
# three in a row do.

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
        "siblings": {"urls": ["http://172.16.136.70/health"], "settle": "0s", "last_standing": {"prepend": 6}}
      }
    }
  }

0 ms
  probe http http://172.16.136.70/health: yes 200
  haproxy: http_back 2 of 2 up
  > log: info ExaBGP 4.2.21 answers
  > log: info service web: not known yet -> up (http_back: 2 of 2 servers up), announcing 9.9.9.9/32
  > exabgp: system version
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]

100 ms
  haproxy: http_back 0 of 2 up
  > log: warn service web: up -> last standing (http_back: 0 of 2 servers up: backend01 DOWN L4CON, backend02 DOWN L4CON; the siblings are being asked), announcing 9.9.9.9/32 with a longer AS path (7, was 1)

150 ms
  haproxy: http_back 0 of 2 up

190 ms
  probe http http://172.16.136.70/health: yes 200

200 ms
  haproxy: http_back 0 of 2 up
  > log: warn service web: last standing -> down (http_back: 0 of 2 servers up: backend01 DOWN L4CON, backend02 DOWN L4CON; a sibling is healthy: http http://172.16.136.70/health: 200), withdrawing 9.9.9.9/32
  > exabgp: withdraw route 9.9.9.9/32

300 ms
  probe http http://172.16.136.70/health: yes 200
  haproxy: http_back 0 of 2 up

400 ms
  probe http http://172.16.136.70/health: no 503
  haproxy: http_back 0 of 2 up

500 ms
  probe http http://172.16.136.70/health: yes 200
  haproxy: http_back 0 of 2 up

600 ms
  probe http http://172.16.136.70/health: no 503
  haproxy: http_back 0 of 2 up

700 ms
  probe http http://172.16.136.70/health: no 503
  haproxy: http_back 0 of 2 up

800 ms
  probe http http://172.16.136.70/health: no 503
  haproxy: http_back 0 of 2 up
  > log: warn service web: down -> last standing (http_back: 0 of 2 servers up: backend01 DOWN L4CON, backend02 DOWN L4CON; no sibling is known to be healthy: http http://172.16.136.70/health: 503), announcing 9.9.9.9/32
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 65010 65010 65010 65010 65010 65010 ]

900 ms
  probe http http://172.16.136.70/health: yes 200
  haproxy: http_back 0 of 2 up
  > log: warn service web: last standing -> down (http_back: 0 of 2 servers up: backend01 DOWN L4CON, backend02 DOWN L4CON; a sibling is healthy: http http://172.16.136.70/health: 200), withdrawing 9.9.9.9/32
  > exabgp: withdraw route 9.9.9.9/32

1000 ms
  haproxy: http_back 2 of 2 up
  > log: info service web: down -> up (http_back: 2 of 2 servers up), announcing 9.9.9.9/32
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]
