# The prefix goes from one healthy service to another: it is announced with what the other one says. A third prefix takes its place.

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
        "as_path": [65010, 65010],
        "levels": [{"name": "up", "when": {"backend": {"name": "api_back"}}}]
      }
    }
  }

0 ms
  haproxy lives: http_back 2 of 2 up; api_back: api01 UP
  > log: info ExaBGP 4.2.21 answers
  > exabgp: system version

103 ms
  > log: info service web: not known yet -> up (http_back: 2 of 2 servers up), announcing 9.9.9.9/32
  > log: info service api: not known yet -> up (api_back: 1 of 1 server up), announcing 192.0.2.1/32
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]
  > exabgp: announce route 192.0.2.1/32 next-hop 172.16.156.70 as-path [ 65010 65010 ]

1000 ms
  config:
    {
      "services": {
        "web": {
          "prefixes": ["192.0.2.2/32"],
          "next_hop": "172.16.156.70",
          "as_path": [65010],
          "levels": [{"name": "up", "when": {"backend": {"name": "http_back"}}}]
        },
        "api": {
          "prefixes": ["192.0.2.1/32", "9.9.9.9/32"],
          "next_hop": "172.16.156.70",
          "as_path": [65010, 65010],
          "levels": [{"name": "up", "when": {"backend": {"name": "api_back"}}}]
        }
      }
    }
  > log: info service api: edited, announcing 9.9.9.9/32 too, with a longer AS path (2, was 1)
  > log: info service web: edited, announcing 192.0.2.2/32 too, once its address is seen on this host
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 65010 ]

1003 ms
  > exabgp: announce route 192.0.2.2/32 next-hop 172.16.156.70 as-path [ 65010 ]
