# A path identifier comes and goes before the first session is up. ExaBGP 5 would send both routes: what is gone is withdrawn again.

config:
  {
    "read_back": "0s",
    "services": {
      "web": {
        "prefixes": ["9.9.9.9/32"],
        "next_hop": "172.16.156.70",
        "as_path": [65010],
        "levels": [{"name": "up", "when": {"backend": {"name": "http_back"}}}],
        "rise": 1
      }
    }
  }

0 ms
  exabgp answers: version 5.0.15
  haproxy: http_back 2 of 2 up
  > log: info ExaBGP 5.0.15 answers
  > log: info service web: not known yet -> up (http_back: 2 of 2 servers up), announcing 9.9.9.9/32
  > exabgp: system version
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]

300 ms
  config:
    {
      "read_back": "0s",
      "services": {
        "web": {
          "prefixes": ["9.9.9.9/32"],
          "next_hop": "172.16.156.70",
          "as_path": [65010],
          "levels": [{"name": "up", "when": {"backend": {"name": "http_back"}}}],
          "rise": 1,
          "path_information": 3
        }
      }
    }
  > log: info service web: edited, announcing 9.9.9.9/32 with another path-information
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ] path-information 3
  > exabgp: withdraw route 9.9.9.9/32

600 ms
  config:
    {
      "read_back": "0s",
      "services": {
        "web": {
          "prefixes": ["9.9.9.9/32"],
          "next_hop": "172.16.156.70",
          "as_path": [65010],
          "levels": [{"name": "up", "when": {"backend": {"name": "http_back"}}}],
          "rise": 1
        }
      }
    }
  > log: info service web: edited, announcing 9.9.9.9/32 with another path-information
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]
  > exabgp: withdraw route 9.9.9.9/32 path-information 3

900 ms
  exabgp: neighbor 172.16.159.4 up
  > log: info neighbor 172.16.159.4 up
  > log: info neighbor 172.16.159.4 came up after changes, sending it every route again

1100 ms
  > exabgp: neighbor 172.16.159.4 withdraw route 9.9.9.9/32 path-information 3
  > exabgp: neighbor 172.16.159.4 flush adj-rib out

2000 ms
  end
