# The servers are up from the start, and the route comes after 300 ms.

config:
  {
    "services": {
      "web": {
        "prefixes": ["9.9.9.9/32"],
        "next_hop": "172.16.156.70",
        "as_path": [65010],
        "levels": [{"name": "up", "when": {"backend": {"name": "http_back"}}}],
        "rise": 1,
        "fall": 1,
        "warm_up": "300ms"
      }
    }
  }

0 ms
  haproxy: http_back 2 of 2 up
  > log: info ExaBGP 4.2.21 answers
  > log: warn service web: not known yet, 'up' holds (http_back: 2 of 2 servers up), warming up: announcing 9.9.9.9/32 so in 300ms if it goes on holding
  > exabgp: system version

100 ms
  haproxy: http_back 2 of 2 up

200 ms
  haproxy: http_back 2 of 2 up

300 ms
  haproxy: http_back 2 of 2 up
  > log: info service web: not known yet -> up (http_back: 2 of 2 servers up), announcing 9.9.9.9/32
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]
