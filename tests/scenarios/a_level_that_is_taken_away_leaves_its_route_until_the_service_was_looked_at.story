# The level in force is taken out of the file: the route stays as it is until two readings say which one follows.

config:
  {
    "services": {
      "web": {
        "prefixes": ["9.9.9.9/32"],
        "next_hop": "172.16.156.70",
        "as_path": [65010],
        "levels": [
          {"name": "gold", "when": {"backend": {"name": "http_back", "min_active": 2}}},
          {"name": "silver", "when": {"backend": {"name": "http_back"}}, "prepend": 2}
        ]
      }
    }
  }

0 ms
  haproxy lives: http_back 2 of 2 up
  > log: info ExaBGP 4.2.21 answers
  > exabgp: system version

103 ms
  > log: info service web: not known yet -> gold (http_back: 2 of 2 servers up), announcing 9.9.9.9/32
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]

1000 ms
  config:
    {
      "services": {
        "web": {
          "prefixes": ["9.9.9.9/32"],
          "next_hop": "172.16.156.70",
          "as_path": [65010],
          "levels": [{"name": "silver", "when": {"backend": {"name": "http_back"}}, "prepend": 2}]
        }
      }
    }

1100 ms
  > log: info service web: not known yet -> silver (http_back: 2 of 2 servers up), announcing 9.9.9.9/32
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 65010 65010 ]

3000 ms
  end
