# Resumed and drained again between two readings of the folder: the order has another id, and its stages begin anew. One for all beside it,
# and without it, goes on with that.

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
        "drain": {"ask": "1s", "prepend": 3, "for": "500ms"}
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
  drain web: id 1
  > log: info service web: drain by alice: id 1, asking HAProxy's clients to close for 1s, 9.9.9.9/32 as it was
  > haproxy: proc.announced_until Flag(false)
  > haproxy: proc.draining Flag(true)

1500 ms
  > log: info service web: drain by alice: id 1, announcing 9.9.9.9/32 with a longer AS path (4, was 1) for 500ms
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 65010 65010 65010 ]

2000 ms
  > log: info service web: drained by alice: id 1, withdrawing 9.9.9.9/32
  > exabgp: withdraw route 9.9.9.9/32

2500 ms
  drain web: id 2
  > log: info service web: drain by alice: id 2, asking HAProxy's clients to close for 1s, 9.9.9.9/32 as it was
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]

3000 ms
  drain @all: id 3

3200 ms
  drain web: over

3500 ms
  > log: info service web: drain by alice: id 3, announcing 9.9.9.9/32 with a longer AS path (4, was 1) for 500ms
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 65010 65010 65010 ]

4000 ms
  > log: info service web: drained by alice: id 3, withdrawing 9.9.9.9/32
  > exabgp: withdraw route 9.9.9.9/32

5000 ms
  end
