# No sibling is healthy: what the readings support serves at once, and the better level follows.

config:
  {
    "services": {
      "web": {
        "prefixes": ["9.9.9.9/32"],
        "next_hop": "172.16.156.70",
        "as_path": [65010],
        "levels": [
          {"name": "up", "when": {"backend": {"name": "http_back", "min_active": 2}}},
          {"name": "degraded", "when": {"backend": {"name": "http_back"}}, "prepend": 2}
        ],
        "siblings": {"urls": ["http://172.16.136.70/health"], "settle": "2s", "last_standing": {"prepend": 6}}
      }
    }
  }

0 ms
  haproxy: http_back 0 of 2 up
  > log: info ExaBGP 4.2.21 answers
  > log: warn service web: state unknown (http_back: 0 of 2 servers up: backend01 DOWN L4CON, backend02 DOWN L4CON; http http://172.16.136.70/health: not asked yet), waiting
  > exabgp: system version

50 ms
  probe http http://172.16.136.70/health: no 503

60 ms
  haproxy: http_back 0 of 2 up

150 ms
  probe http http://172.16.136.70/health: no 503

160 ms
  haproxy: http_back 0 of 2 up

250 ms
  probe http http://172.16.136.70/health: no 503

260 ms
  haproxy: http_back 0 of 2 up
  > log: warn service web: not known yet -> last standing (http_back: 0 of 2 servers up: backend01 DOWN L4CON, backend02 DOWN L4CON; no sibling is known to be healthy: http http://172.16.136.70/health: 503), announcing 9.9.9.9/32
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 65010 65010 65010 65010 65010 65010 ]

1000 ms
  haproxy: http_back 1 of 2 up

1100 ms
  haproxy: http_back 2 of 2 up
  > log: warn service web: last standing -> degraded (http_back: 2 of 2 servers up; 'up' for 1 of 2 readings), announcing 9.9.9.9/32 with a shorter AS path (3, was 7)
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 65010 65010 ]

1200 ms
  haproxy: http_back 2 of 2 up
  > log: info service web: degraded -> up (http_back: 2 of 2 servers up), announcing 9.9.9.9/32 with a shorter AS path (1, was 3)
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]
