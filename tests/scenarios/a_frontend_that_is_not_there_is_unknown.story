# HAProxy up to 2.4 hides a frontend that was shut down: hold, then withdraw.

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
              "all": [{"frontend": {"name": "http_front"}}, {"backend": {"name": "http_back"}}]
            }
          }
        ],
        "unknown": {"hold": "1s"}
      }
    }
  }

0 ms
  haproxy: http_back 2 of 2 up; http_front OPEN
  > log: info ExaBGP 4.2.21 answers
  > exabgp: system version

100 ms
  haproxy: http_back 2 of 2 up; http_front OPEN
  > log: info service web: not known yet -> up (http_front: OPEN; http_back: 2 of 2 servers up), announcing 9.9.9.9/32
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]

1000 ms
  haproxy: http_back 2 of 2 up
  > log: warn service web: state unknown (HAProxy has no frontend 'http_front'), holding 'up' for 1s, then withdrawing

1500 ms
  haproxy: http_back 2 of 2 up

2000 ms
  haproxy: http_back 2 of 2 up
  > log: warn service web: up -> down (HAProxy has no frontend 'http_front'), withdrawing 9.9.9.9/32
  > exabgp: withdraw route 9.9.9.9/32
