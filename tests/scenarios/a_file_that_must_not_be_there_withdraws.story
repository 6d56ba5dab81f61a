# not file: somebody touches /run/drain.

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
            "when": {
              "all": [
                {"backend": {"name": "http_back"}},
                {"not": {"file": {"path": "/run/drain"}}}
              ]
            }
          }
        ]
      }
    }
  }

0 ms
  probe file /run/drain: no does not exist
  haproxy: http_back 2 of 2 up
  > log: info ExaBGP 4.2.21 answers
  > exabgp: system version

100 ms
  probe file /run/drain: no does not exist
  haproxy: http_back 2 of 2 up
  > log: info service web: not known yet -> up (http_back: 2 of 2 servers up; not wanted: file /run/drain: does not exist), announcing 9.9.9.9/32
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]

1000 ms
  probe file /run/drain: yes exists
  haproxy: http_back 2 of 2 up
  > log: warn service web: up -> down (not wanted: file /run/drain: exists), withdrawing 9.9.9.9/32
  > exabgp: withdraw route 9.9.9.9/32
