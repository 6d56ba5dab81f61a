# All attributes that a level may have, in one order.

config:
  {
    "services": {
      "web": {
        "prefixes": ["9.9.9.9/32"],
        "next_hop": "172.16.156.70",
        "as_path": [65010],
        "path_information": 5,
        "levels": [
          {
            "name": "up",
            "when": {"backend": {"name": "http_back"}},
            "as_path": [65010, 65020],
            "med": 7,
            "local_preference": 200,
            "origin": "incomplete",
            "community": ["65010:1", "no-export"],
            "large_community": ["65010:1:2"],
            "extended_community": ["target:65010:100"],
            "prepend": 1
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
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 65010 65020 ] med 7 local-preference 200 origin incomplete community [ 65010:1 65535:65281 ] large-community [ 65010:1:2 ] extended-community [ 0x0002fdf200000064 ] path-information 5

1000 ms
  haproxy: http_back 0 of 2 up
  > log: warn service web: up -> down (http_back: 0 of 2 servers up: backend01 DOWN L4CON, backend02 DOWN L4CON), withdrawing 9.9.9.9/32
  > exabgp: withdraw route 9.9.9.9/32 path-information 5
