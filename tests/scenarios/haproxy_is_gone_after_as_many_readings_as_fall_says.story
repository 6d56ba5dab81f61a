# Fall 2: no socket once is a restart, twice is down. It comes back and is announced.

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
  haproxy: http_back 2 of 2 up
  > log: info ExaBGP 4.2.21 answers
  > exabgp: system version

100 ms
  haproxy: http_back 2 of 2 up
  > log: info service web: not known yet -> up (http_back: 2 of 2 servers up), announcing 9.9.9.9/32
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]

1000 ms
  haproxy gone: no socket at /run/haproxy/admin.sock

1100 ms
  haproxy: http_back 2 of 2 up

2000 ms
  haproxy gone: connection refused at /run/haproxy/admin.sock

2100 ms
  haproxy gone: no socket at /run/haproxy/admin.sock
  > log: warn service web: up -> down (HAProxy is gone: no socket at /run/haproxy/admin.sock), withdrawing 9.9.9.9/32
  > exabgp: withdraw route 9.9.9.9/32

3000 ms
  haproxy: pid 6001; http_back 2 of 2 up

3100 ms
  haproxy: pid 6001; http_back 2 of 2 up
  > log: info service web: down -> up (http_back: 2 of 2 servers up), announcing 9.9.9.9/32
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]
