# min_active 2 and min_percent 75: two of four servers meet the first only.

config:
  {
    "services": {
      "web": {
        "prefixes": ["9.9.9.9/32"],
        "next_hop": "172.16.156.70",
        "as_path": [65010],
        "levels": [
          {
            "name": "up",
            "when": {"backend": {"name": "http_back", "min_active": 2, "min_percent": 75}}
          }
        ]
      }
    }
  }

0 ms
  haproxy: http_back 2 of 4 up
  > log: info ExaBGP 4.2.21 answers
  > log: warn service web: not known yet -> down (http_back: 2 of 4 servers up, 2 wanted, 75 % wanted: backend03 DOWN L4CON, backend04 DOWN L4CON), withdrawing 9.9.9.9/32
  > exabgp: system version
  > exabgp: withdraw route 9.9.9.9/32

100 ms
  haproxy: http_back 2 of 4 up

1000 ms
  haproxy: http_back 3 of 4 up

1100 ms
  haproxy: http_back 3 of 4 up
  > log: info service web: down -> up (http_back: 3 of 4 servers up: backend04 DOWN L4CON), announcing 9.9.9.9/32
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]
