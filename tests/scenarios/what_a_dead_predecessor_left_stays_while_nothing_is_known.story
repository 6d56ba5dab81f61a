# HAProxy cannot be read at the start: nothing is said for the hold time, then the route is withdrawn.

config:
  {
    "services": {
      "web": {
        "prefixes": ["9.9.9.9/32"],
        "next_hop": "172.16.156.70",
        "as_path": [65010],
        "levels": [{"name": "up", "when": {"backend": {"name": "http_back"}}}],
        "unknown": {"hold": "1s"}
      }
    }
  }

0 ms
  haproxy unreadable: no answer at /run/haproxy/admin.sock in time
  > log: info ExaBGP 4.2.21 answers
  > log: warn service web: state unknown (HAProxy cannot be read: no answer at /run/haproxy/admin.sock in time), waiting for 1s, then withdrawing
  > exabgp: system version

500 ms
  haproxy unreadable: no answer at /run/haproxy/admin.sock in time

1000 ms
  haproxy unreadable: no answer at /run/haproxy/admin.sock in time
  > log: warn service web: not known yet -> down (HAProxy cannot be read: no answer at /run/haproxy/admin.sock in time), withdrawing 9.9.9.9/32
  > exabgp: withdraw route 9.9.9.9/32
