# Killed while the route is out with the longer path: the next process says that again, and withdraws it when the first would have.

config:
  {
    "haproxy": {"control": "/run/haproxy/control.sock"},
    "services": {
      "web": {
        "prefixes": ["9.9.9.9/32"],
        "next_hop": "172.16.156.70",
        "as_path": [65010],
        "levels": [{"name": "up", "when": {"backend": {"name": "http_back"}}}],
        "rise": 1,
        "fall": 1,
        "drain": {"ask": "1s", "prepend": 3, "for": "2s"}
      }
    }
  }

0 ms
  haproxy lives: http_back 2 of 2 up
  > log: info ExaBGP 4.2.21 answers
  > log: info service web: not known yet -> up (http_back: 2 of 2 servers up), announcing 9.9.9.9/32
  > exabgp: system version
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]

3 ms
  > haproxy: proc.draining Flag(false)

203 ms
  > haproxy: proc.announced_until Until(3s)

500 ms
  drain web: kernel update
  > log: info service web: drain by alice: kernel update, asking HAProxy's clients to close for 1s, 9.9.9.9/32 as it was
  > haproxy: proc.announced_until Flag(false)
  > haproxy: proc.draining Flag(true)

1500 ms
  > log: info service web: drain by alice: kernel update, announcing 9.9.9.9/32 with a longer AS path (4, was 1) for 2s
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 65010 65010 65010 ]

2000 ms
  killed and started again
  > log: info service web: drain by alice: kernel update, leaving as it was: 9.9.9.9/32 for 2s
  > log: info ExaBGP 4.2.21 answers
  > exabgp: system version

2003 ms
  > log: info service web: not known yet -> up (http_back: 2 of 2 servers up), announcing 9.9.9.9/32 with the attributes of its drain
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 65010 65010 65010 ]

3500 ms
  > log: info service web: drained by alice: kernel update, withdrawing 9.9.9.9/32
  > exabgp: withdraw route 9.9.9.9/32

5000 ms
  end
