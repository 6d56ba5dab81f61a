# path_information: another. Two routes for a moment, never none.

config:
  {
    "services": {
      "web": {
        "prefixes": ["9.9.9.9/32"],
        "next_hop": "172.16.156.70",
        "as_path": [65010],
        "levels": [{"name": "up", "when": {"backend": {"name": "http_back"}}}],
        "warm_up": "300ms",
        "path_information": 5
      }
    }
  }

0 ms
  haproxy lives: http_back 2 of 2 up
  > log: info ExaBGP 4.2.21 answers
  > exabgp: system version

103 ms
  > log: warn service web: not known yet, 'up' holds (http_back: 2 of 2 servers up), warming up: announcing 9.9.9.9/32 so in 200ms if it goes on holding

300 ms
  > log: info service web: not known yet -> up (http_back: 2 of 2 servers up), announcing 9.9.9.9/32
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ] path-information 5

1000 ms
  config:
    {
      "services": {
        "web": {
          "prefixes": ["9.9.9.9/32"],
          "next_hop": "172.16.156.70",
          "as_path": [65010],
          "levels": [{"name": "up", "when": {"backend": {"name": "http_back"}}}],
          "warm_up": "300ms",
          "path_information": 7
        }
      }
    }
  > log: info service web: edited, announcing 9.9.9.9/32 with another path-information
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ] path-information 7
  > exabgp: withdraw route 9.9.9.9/32 path-information 5
