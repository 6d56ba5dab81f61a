# UP 1/3 still takes requests, DOWN 1/2 does not yet.

config:
  {
    "services": {
      "web": {
        "prefixes": ["9.9.9.9/32"],
        "next_hop": "172.16.156.70",
        "as_path": [65010],
        "levels": [{"name": "up", "when": {"backend": {"name": "http_back"}}}]
      }
    }
  }

0 ms
  haproxy: http_back: backend01 UP 1/3 L4CON, backend02 DOWN
  > log: info ExaBGP 4.2.21 answers
  > exabgp: system version

100 ms
  haproxy: http_back: backend01 UP 1/3 L4CON, backend02 DOWN
  > log: info service web: not known yet -> up (http_back: 1 of 2 servers up: backend02 DOWN L4CON), announcing 9.9.9.9/32
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]

1000 ms
  haproxy: http_back: backend01 DOWN 1/2 L4OK, backend02 DOWN
  > log: warn service web: up -> down (http_back: 0 of 2 servers up: backend01 DOWN 1/2 L4OK, backend02 DOWN L4CON), withdrawing 9.9.9.9/32
  > exabgp: withdraw route 9.9.9.9/32
