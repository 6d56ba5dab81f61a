# Of four servers one is named: it dies while two others live.

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
            "when": {"backend": {"name": "http_back", "servers": ["backend03"]}}
          }
        ]
      }
    }
  }

0 ms
  haproxy: http_back 3 of 4 up
  > log: info ExaBGP 4.2.21 answers
  > exabgp: system version

100 ms
  haproxy: http_back 3 of 4 up
  > log: info service web: not known yet -> up (http_back: 1 of 1 server up), announcing 9.9.9.9/32
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]

1000 ms
  haproxy: http_back 2 of 4 up
  > log: warn service web: up -> down (http_back: 0 of 1 server up: backend03 DOWN L4CON), withdrawing 9.9.9.9/32
  > exabgp: withdraw route 9.9.9.9/32
