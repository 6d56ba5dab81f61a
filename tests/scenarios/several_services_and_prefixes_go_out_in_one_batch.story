# Two services, three prefixes; withdrawals go before announcements.

config:
  {
    "services": {
      "web": {
        "prefixes": ["9.9.9.9/32", "9.9.9.10/32"],
        "next_hop": "172.16.156.70",
        "as_path": [65010],
        "levels": [{"name": "up", "when": {"backend": {"name": "http_back"}}}]
      },
      "api": {
        "prefixes": ["192.0.2.1/32"],
        "next_hop": "172.16.156.70",
        "as_path": [65010, 65010],
        "levels": [{"name": "up", "when": {"backend": {"name": "api_back"}}}]
      }
    }
  }

0 ms
  haproxy: http_back 2 of 2 up; api_back: api01 UP
  > log: info ExaBGP 4.2.21 answers
  > exabgp: system version

100 ms
  haproxy: http_back 2 of 2 up; api_back: api01 UP
  > log: info service web: not known yet -> up (http_back: 2 of 2 servers up), announcing 9.9.9.9/32, 9.9.9.10/32
  > log: info service api: not known yet -> up (api_back: 1 of 1 server up), announcing 192.0.2.1/32
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]
  > exabgp: announce route 9.9.9.10/32 next-hop 172.16.156.70 as-path [ 65010 ]
  > exabgp: announce route 192.0.2.1/32 next-hop 172.16.156.70 as-path [ 65010 65010 ]

1000 ms
  haproxy: http_back 2 of 2 up; api_back: api01 DOWN
  > log: warn service api: up -> down (api_back: 0 of 1 server up: api01 DOWN L4CON), withdrawing 192.0.2.1/32
  > exabgp: withdraw route 192.0.2.1/32

2000 ms
  haproxy: http_back 0 of 2 up; api_back: api01 DOWN
  > log: warn service web: up -> down (http_back: 0 of 2 servers up: backend01 DOWN L4CON, backend02 DOWN L4CON), withdrawing 9.9.9.9/32, 9.9.9.10/32
  > exabgp: withdraw route 9.9.9.9/32
  > exabgp: withdraw route 9.9.9.10/32

3000 ms
  haproxy: http_back 2 of 2 up; api_back: api01 UP

3100 ms
  haproxy: http_back 2 of 2 up; api_back: api01 UP
  > log: info service web: down -> up (http_back: 2 of 2 servers up), announcing 9.9.9.9/32, 9.9.9.10/32
  > log: info service api: down -> up (api_back: 1 of 1 server up), announcing 192.0.2.1/32
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]
  > exabgp: announce route 9.9.9.10/32 next-hop 172.16.156.70 as-path [ 65010 ]
  > exabgp: announce route 192.0.2.1/32 next-hop 172.16.156.70 as-path [ 65010 65010 ]
