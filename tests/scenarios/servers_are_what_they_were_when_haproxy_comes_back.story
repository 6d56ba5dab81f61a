# HAProxy was gone for a moment, and what comes back has checked nothing yet: announced with what was known of its servers.

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
        "unknown": {"hold": "1s"}
      }
    }
  }

0 ms
  haproxy: http_back 2 of 2 up
  > log: info ExaBGP 4.2.21 answers
  > log: info service web: not known yet -> up (http_back: 2 of 2 servers up), announcing 9.9.9.9/32
  > exabgp: system version
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]

1000 ms
  haproxy gone: connection refused
  > log: warn service web: up -> down (HAProxy is gone: connection refused), withdrawing 9.9.9.9/32
  > exabgp: withdraw route 9.9.9.9/32

1200 ms
  haproxy: pid 6001; http_back: backend01 UP INI, backend02 UP INI
  > log: info service web: down -> up (http_back: 2 of 2 servers up: backend01 not checked yet, up before HAProxy's reload, backend02 not checked yet, up before HAProxy's reload), announcing 9.9.9.9/32
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]

5000 ms
  haproxy: pid 6001; http_back: backend01 UP INI, backend02 UP INI

6000 ms
  haproxy: pid 6001; http_back 2 of 2 up
