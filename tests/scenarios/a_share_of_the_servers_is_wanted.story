# min_percent 75 of four servers: three are enough, two are not.

config:
  {
    "services": {
      "web": {
        "prefixes": ["9.9.9.9/32"],
        "next_hop": "172.16.156.70",
        "as_path": [65010],
        "levels": [{"name": "up", "when": {"backend": {"name": "http_back", "min_percent": 75}}}]
      }
    }
  }

0 ms
  haproxy: http_back 3 of 4 up
  > log: info ExaBGP 4.2.21 answers
  > exabgp: system version

100 ms
  haproxy: http_back 3 of 4 up
  > log: info service web: not known yet -> up (http_back: 3 of 4 servers up: backend04 DOWN L4CON), announcing 9.9.9.9/32
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]

1000 ms
  haproxy: http_back 2 of 4 up
  > log: warn service web: up -> down (http_back: 2 of 4 servers up, 75 % wanted: backend03 DOWN L4CON, backend04 DOWN L4CON), withdrawing 9.9.9.9/32
  > exabgp: withdraw route 9.9.9.9/32

2000 ms
  haproxy: http_back 4 of 4 up

2100 ms
  haproxy: http_back 4 of 4 up
  > log: info service web: down -> up (http_back: 4 of 4 servers up), announcing 9.9.9.9/32
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]
