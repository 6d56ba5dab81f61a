# A prefix more, whose address is on this host: announced with the look that follows the edit.

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
  haproxy lives: http_back 2 of 2 up
  > log: info ExaBGP 4.2.21 answers
  > exabgp: system version

103 ms
  > log: info service web: not known yet -> up (http_back: 2 of 2 servers up), announcing 9.9.9.9/32
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]

1000 ms
  config:
    {
      "services": {
        "web": {
          "prefixes": ["9.9.9.9/32", "9.9.9.10/32"],
          "next_hop": "172.16.156.70",
          "as_path": [65010],
          "levels": [{"name": "up", "when": {"backend": {"name": "http_back"}}}]
        }
      }
    }
  > log: info service web: edited, announcing 9.9.9.10/32 too, once its address is seen on this host
  > exabgp: announce route 9.9.9.10/32 next-hop 172.16.156.70 as-path [ 65010 ]

2500 ms
  end
