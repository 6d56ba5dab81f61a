# A prefix more, whose address is not on this host: it is not announced for a moment before that is seen. fall 2 withdraws the service.

config:
  {
    "services": {
      "web": {
        "prefixes": ["9.9.9.9/32"],
        "next_hop": "172.16.156.70",
        "as_path": [65010],
        "levels": [{"name": "up", "when": {"backend": {"name": "http_back"}}}],
        "fall": 2
      }
    }
  }

0 ms
  address 9.9.9.10: elsewhere
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
          "levels": [{"name": "up", "when": {"backend": {"name": "http_back"}}}],
          "fall": 2
        }
      }
    }
  > log: info service web: edited, announcing 9.9.9.10/32 too, once its address is seen on this host

1100 ms
  > log: warn service web: up -> down (address 9.9.9.10 is not on this host), withdrawing 9.9.9.9/32, 9.9.9.10/32
  > exabgp: withdraw route 9.9.9.9/32
  > exabgp: withdraw route 9.9.9.10/32

2500 ms
  end
