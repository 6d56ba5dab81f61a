# Two levels with a rise and a fall of their own: gold takes three readings and is left after two, silver one and three.

config:
  {
    "services": {
      "web": {
        "prefixes": ["9.9.9.9/32"],
        "next_hop": "172.16.156.70",
        "as_path": [65010],
        "levels": [{"name": "gold", "when": {"backend": {"name": "http_back", "min_active": 2}}, "rise": 3, "fall": 2}, {"name": "silver", "when": {"backend": {"name": "http_back"}}, "prepend": 2, "rise": 1, "fall": 3}]
      }
    }
  }

0 ms
  haproxy: http_back 1 of 2 up
  > log: info ExaBGP 4.2.21 answers
  > log: warn service web: not known yet -> silver (http_back: 1 of 2 servers up, 2 wanted: backend02 DOWN L4CON), announcing 9.9.9.9/32
  > exabgp: system version
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 65010 65010 ]

100 ms
  haproxy: http_back 2 of 2 up

200 ms
  haproxy: http_back 2 of 2 up

300 ms
  haproxy: http_back 2 of 2 up
  > log: info service web: silver -> gold (http_back: 2 of 2 servers up), announcing 9.9.9.9/32 with a shorter AS path (1, was 3)
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]

400 ms
  haproxy: http_back 1 of 2 up

500 ms
  haproxy: http_back 1 of 2 up
  > log: warn service web: gold -> silver (http_back: 1 of 2 servers up, 2 wanted: backend02 DOWN L4CON), announcing 9.9.9.9/32 with a longer AS path (3, was 1)
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 65010 65010 ]

600 ms
  haproxy: http_back 0 of 2 up

700 ms
  haproxy: http_back 0 of 2 up

800 ms
  haproxy: http_back 0 of 2 up
  > log: warn service web: silver -> down (http_back: 0 of 2 servers up: backend01 DOWN L4CON, backend02 DOWN L4CON), withdrawing 9.9.9.9/32
  > exabgp: withdraw route 9.9.9.9/32

900 ms
  haproxy: http_back 2 of 2 up
  > log: warn service web: down -> silver (http_back: 2 of 2 servers up; 'gold' for 1 of 3 readings), announcing 9.9.9.9/32
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 65010 65010 ]

1000 ms
  haproxy: http_back 2 of 2 up

1100 ms
  haproxy: http_back 2 of 2 up
  > log: info service web: silver -> gold (http_back: 2 of 2 servers up), announcing 9.9.9.9/32 with a shorter AS path (1, was 3)
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]
