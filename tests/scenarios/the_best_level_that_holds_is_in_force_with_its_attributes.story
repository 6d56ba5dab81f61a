# Two servers: the plain route. One: the same prefix with a longer path, a med and communities. None: withdrawn.

config:
  {
    "services": {
      "web": {
        "prefixes": ["9.9.9.9/32"],
        "next_hop": "172.16.156.70",
        "as_path": [65010],
        "levels": [
          {"name": "up", "when": {"backend": {"name": "http_back", "min_active": 2}}},
          {
            "name": "degraded",
            "when": {"backend": {"name": "http_back"}},
            "prepend": 2,
            "med": 100,
            "community": ["65010:666", "graceful-shutdown"]
          }
        ]
      }
    }
  }

0 ms
  haproxy: http_back 2 of 2 up
  > log: info ExaBGP 4.2.21 answers
  > exabgp: system version

100 ms
  haproxy: http_back 2 of 2 up
  > log: info service web: not known yet -> up (http_back: 2 of 2 servers up), announcing 9.9.9.9/32
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]

1000 ms
  haproxy: http_back 1 of 2 up
  > log: warn service web: up -> degraded (http_back: 1 of 2 servers up, 2 wanted: backend02 DOWN L4CON), announcing 9.9.9.9/32 with a longer AS path (3, was 1)
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 65010 65010 ] med 100 community [ 65010:666 65535:0 ]

2000 ms
  haproxy: http_back 0 of 2 up
  > log: warn service web: degraded -> down (http_back: 0 of 2 servers up: backend01 DOWN L4CON, backend02 DOWN L4CON), withdrawing 9.9.9.9/32
  > exabgp: withdraw route 9.9.9.9/32

3000 ms
  haproxy: http_back 1 of 2 up

3100 ms
  haproxy: http_back 1 of 2 up
  > log: warn service web: down -> degraded (http_back: 1 of 2 servers up, 2 wanted: backend02 DOWN L4CON), announcing 9.9.9.9/32
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 65010 65010 ] med 100 community [ 65010:666 65535:0 ]

4000 ms
  haproxy: http_back 2 of 2 up

4100 ms
  haproxy: http_back 2 of 2 up
  > log: info service web: degraded -> up (http_back: 2 of 2 servers up), announcing 9.9.9.9/32 with a shorter AS path (1, was 3)
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]
