# Another variable for the drain while it is drained: the new one is set, the old one set back. Then there is no control any more: it is
# set back while it still can be.

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
        "drain": {"ask": "5s", "variable": "proc.draining"}
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
  > log: info service web: drain by alice: kernel update, asking HAProxy's clients to close for 5s, 9.9.9.9/32 as it was
  > haproxy: proc.announced_until Flag(false)
  > haproxy: proc.draining Flag(true)

1000 ms
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
          "drain": {"ask": "5s", "variable": "proc.leaving"}
        }
      }
    }
  > haproxy: proc.draining Flag(false)
  > haproxy: proc.leaving Flag(true)

2000 ms
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
          "drain": {"ask": "5s", "variable": "proc.draining"}
        }
      }
    }
  > log: info service web: drain by alice: kernel update, announcing 9.9.9.9/32 with a longer AS path (4, was 1) for 10s
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 65010 65010 65010 ]
  > haproxy: proc.leaving Flag(false)

3500 ms
  end
