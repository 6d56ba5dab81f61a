# An order that cannot be dated, or is dated in the future, is older than every stage.

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
  drain web: an age ago
  > log: info service web: drained by alice: an age ago, withdrawing 9.9.9.9/32
  > exabgp: withdraw route 9.9.9.9/32

503 ms
  > haproxy: proc.announced_until Flag(false)
  > haproxy: proc.draining Flag(true)

2000 ms
  end
