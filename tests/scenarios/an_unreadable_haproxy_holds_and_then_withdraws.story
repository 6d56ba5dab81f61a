# No answer: everything stays for the hold time, then the route is withdrawn, once.

config:
  {
    "services": {
      "web": {
        "prefixes": ["9.9.9.9/32"],
        "next_hop": "172.16.156.70",
        "as_path": [65010],
        "levels": [{"name": "up", "when": {"backend": {"name": "http_back"}}}],
        "unknown": {"hold": "2s"}
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
  haproxy unreadable: no answer at /run/haproxy/admin.sock in time
  > log: warn service web: state unknown (HAProxy cannot be read: no answer at /run/haproxy/admin.sock in time), holding 'up' for 2s, then withdrawing

1500 ms
  haproxy unreadable: no answer at /run/haproxy/admin.sock in time

2000 ms
  haproxy unreadable: no answer at /run/haproxy/admin.sock in time

2500 ms
  haproxy unreadable: no answer at /run/haproxy/admin.sock in time

3000 ms
  haproxy unreadable: no answer at /run/haproxy/admin.sock in time
  > log: warn service web: up -> down (HAProxy cannot be read: no answer at /run/haproxy/admin.sock in time), withdrawing 9.9.9.9/32
  > exabgp: withdraw route 9.9.9.9/32

3500 ms
  haproxy unreadable: no answer at /run/haproxy/admin.sock in time

4000 ms
  haproxy: http_back 2 of 2 up

4100 ms
  haproxy: http_back 2 of 2 up
  > log: info service web: down -> up (http_back: 2 of 2 servers up), announcing 9.9.9.9/32
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]
