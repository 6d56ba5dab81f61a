# unknown.then keep: nothing is ever withdrawn for not knowing.

config:
  {
    "services": {
      "web": {
        "prefixes": ["9.9.9.9/32"],
        "next_hop": "172.16.156.70",
        "as_path": [65010],
        "levels": [{"name": "up", "when": {"backend": {"name": "http_back"}}}],
        "unknown": {"hold": "1s", "then": "keep"}
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
  > log: warn service web: state unknown (HAProxy cannot be read: no answer at /run/haproxy/admin.sock in time), holding 'up' for as long as it lasts

1500 ms
  haproxy unreadable: no answer at /run/haproxy/admin.sock in time

2000 ms
  haproxy unreadable: no answer at /run/haproxy/admin.sock in time

2500 ms
  haproxy unreadable: no answer at /run/haproxy/admin.sock in time

3000 ms
  haproxy unreadable: no answer at /run/haproxy/admin.sock in time

3500 ms
  haproxy unreadable: no answer at /run/haproxy/admin.sock in time

4000 ms
  haproxy: http_back 2 of 2 up
  > log: info service web: state known again (http_back: 2 of 2 servers up), still 'up'
