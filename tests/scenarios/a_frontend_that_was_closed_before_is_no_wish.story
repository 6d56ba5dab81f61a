# Fall 3: the frontend of the better level was closed long ago, and the service is at the worse one. Its servers die: three readings.

config:
  {
    "services": {
      "web": {
        "prefixes": ["9.9.9.9/32"],
        "next_hop": "172.16.156.70",
        "as_path": [65010],
        "levels": [
          {"name": "gold", "when": {"all": [{"frontend": {"name": "http_front"}}, {"backend": {"name": "http_back"}}]}},
          {"name": "silver", "when": {"backend": {"name": "http_back"}}, "prepend": 2}
        ],
        "fall": 3
      }
    }
  }

0 ms
  haproxy: http_back 2 of 2 up; http_front PAUSED
  > log: info ExaBGP 4.2.21 answers
  > exabgp: system version

100 ms
  haproxy: http_back 2 of 2 up; http_front PAUSED
  > log: warn service web: not known yet -> silver (http_front: PAUSED), announcing 9.9.9.9/32
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 65010 65010 ]

1000 ms
  haproxy: http_back 0 of 2 up; http_front PAUSED

1100 ms
  haproxy: http_back 0 of 2 up; http_front PAUSED

1200 ms
  haproxy: http_back 0 of 2 up; http_front PAUSED
  > log: warn service web: silver -> down (http_back: 0 of 2 servers up: backend01 DOWN L4CON, backend02 DOWN L4CON), withdrawing 9.9.9.9/32
  > exabgp: withdraw route 9.9.9.9/32
