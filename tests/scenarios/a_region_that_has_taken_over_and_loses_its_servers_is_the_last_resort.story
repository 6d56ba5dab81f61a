# What it announces follows its own servers: without them it is no better than the dead one.

config:
  {
    "services": {
      "web": {
        "prefixes": ["9.9.9.9/32"],
        "next_hop": "172.16.136.70",
        "as_path": [65010, 65010, 65010, 65010],
        "levels": [{"name": "up", "when": {"backend": {"name": "http_back"}}}],
        "rise": 2,
        "damping": {"wait": "5s", "ceiling": "5m", "quiet": "10m"},
        "siblings": {"urls": ["http://172.16.156.70/health"], "settle": "2s", "takeover": {"after": "1s", "as_path": [65010]}, "last_standing": {"prepend": 6}}
      }
    }
  }

0 ms
  probe lives http http://172.16.156.70/health: silent no answer in 250ms
  haproxy lives: http_back 2 of 2 up
  > log: info ExaBGP 4.2.21 answers
  > exabgp: system version

1003 ms
  > log: warn service web: not known yet -> takeover (http http://172.16.156.70/health silent for 1s; http_back: 2 of 2 servers up), announcing 9.9.9.9/32
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.136.70 as-path [ 65010 ]

3010 ms
  haproxy: http_back 0 of 2 up
  haproxy lives: http_back 0 of 2 up
  > log: warn service web: takeover -> last standing (http http://172.16.156.70/health silent for 1s; http_back: 0 of 2 servers up: backend01 DOWN L4CON, backend02 DOWN L4CON; the siblings are being asked), announcing 9.9.9.9/32 with a longer AS path (10, was 1)
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.136.70 as-path [ 65010 65010 65010 65010 65010 65010 65010 65010 65010 65010 ]

3013 ms
  > log: error service web: stays 'last standing' (http http://172.16.156.70/health silent for 1s; http_back: 0 of 2 servers up: backend01 DOWN L4CON, backend02 DOWN L4CON; no sibling is known to be healthy: http http://172.16.156.70/health: no answer in 250ms), announcing 9.9.9.9/32

6010 ms
  haproxy lives: http_back 2 of 2 up

6213 ms
  > log: warn service web: last standing -> takeover (http http://172.16.156.70/health silent for 1s; http_back: 2 of 2 servers up), announcing 9.9.9.9/32 with a shorter AS path (1, was 10)
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.136.70 as-path [ 65010 ]

9010 ms
  end
