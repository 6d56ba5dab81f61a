# SIGTERM: one withdraw a route that was announced, nothing for one that is withdrawn.

config:
  {
    "services": {
      "web": {
        "prefixes": ["9.9.9.9/32"],
        "next_hop": "172.16.156.70",
        "as_path": [65010],
        "levels": [{"name": "up", "when": {"backend": {"name": "http_back"}}}]
      },
      "api": {
        "prefixes": ["192.0.2.1/32"],
        "next_hop": "172.16.156.70",
        "as_path": [65010],
        "levels": [{"name": "up", "when": {"backend": {"name": "api_back"}}}]
      }
    }
  }

0 ms
  haproxy: http_back 2 of 2 up; api_back: api01 DOWN
  > log: info ExaBGP 4.2.21 answers
  > log: warn service api: not known yet -> down (api_back: 0 of 1 server up: api01 DOWN L4CON), withdrawing 192.0.2.1/32
  > exabgp: system version
  > exabgp: withdraw route 192.0.2.1/32

100 ms
  haproxy: http_back 2 of 2 up; api_back: api01 DOWN
  > log: info service web: not known yet -> up (http_back: 2 of 2 servers up), announcing 9.9.9.9/32

200 ms
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]

1000 ms
  SIGTERM
  > log: info told to leave, withdrawing what may be out: 9.9.9.9/32
  > exabgp: withdraw route 9.9.9.9/32
  > exit: Told
