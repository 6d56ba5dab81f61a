# rise 5 of the better level: the worse one serves meanwhile, and the log says why it is not the better one yet.

config:
  {
    "services": {
      "web": {
        "prefixes": ["9.9.9.9/32"],
        "next_hop": "172.16.156.70",
        "as_path": [65010],
        "levels": [
          {"name": "up", "when": {"backend": {"name": "http_back", "min_active": 2}}, "rise": 5},
          {"name": "degraded", "when": {"backend": {"name": "http_back"}}, "prepend": 2}
        ]
      }
    }
  }

0 ms
  haproxy: http_back 0 of 2 up
  > log: info ExaBGP 4.2.21 answers
  > log: warn service web: not known yet -> down (http_back: 0 of 2 servers up: backend01 DOWN L4CON, backend02 DOWN L4CON), withdrawing 9.9.9.9/32
  > exabgp: system version
  > exabgp: withdraw route 9.9.9.9/32

1000 ms
  haproxy: http_back 2 of 2 up

1100 ms
  haproxy: http_back 2 of 2 up
  > log: warn service web: down -> degraded (http_back: 2 of 2 servers up; 'up' for 2 of 5 readings), announcing 9.9.9.9/32
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 65010 65010 ]

1200 ms
  haproxy: http_back 2 of 2 up

1300 ms
  haproxy: http_back 2 of 2 up

1400 ms
  haproxy: http_back 2 of 2 up
  > log: info service web: degraded -> up (http_back: 2 of 2 servers up), announcing 9.9.9.9/32 with a shorter AS path (1, was 3)
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]
