# It is taken out of the file while HAProxy asks its clients to close: its route goes, and both its variables are set back. It comes back,
# and is drained since it was declared.

config:
  {
    "haproxy": {"control": "/run/haproxy/control.sock"},
    "services": {
      "web": {
        "prefixes": ["9.9.9.9/32"],
        "next_hop": "172.16.156.70",
        "as_path": [65010],
        "levels": [{"name": "up", "when": {"backend": {"name": "http_back"}}}]
      },
      "api": {
        "prefixes": ["192.0.2.1/32"],
        "next_hop": "172.16.156.70",
        "as_path": [65010, 65010],
        "levels": [{"name": "up", "when": {"backend": {"name": "api_back"}}}],
        "drain": {"ask": "5s", "variable": "proc.draining_api"},
        "announced_variable": "proc.api_until"
      }
    }
  }

0 ms
  haproxy lives: http_back 2 of 2 up; api_back: api01 UP
  > log: info ExaBGP 4.2.21 answers
  > exabgp: system version

3 ms
  > haproxy: proc.draining Flag(false)
  > haproxy: proc.draining_api Flag(false)

103 ms
  > log: info service web: not known yet -> up (http_back: 2 of 2 servers up), announcing 9.9.9.9/32
  > log: info service api: not known yet -> up (api_back: 1 of 1 server up), announcing 192.0.2.1/32
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]
  > exabgp: announce route 192.0.2.1/32 next-hop 172.16.156.70 as-path [ 65010 65010 ]

203 ms
  > haproxy: proc.announced_until Until(3s)
  > haproxy: proc.api_until Until(3s)

500 ms
  drain api: kernel update
  > log: info service api: drain by alice: kernel update, asking HAProxy's clients to close for 5s, 192.0.2.1/32 as it was
  > haproxy: proc.api_until Flag(false)
  > haproxy: proc.draining_api Flag(true)

1000 ms
  config:
    {
      "haproxy": {"control": "/run/haproxy/control.sock"},
      "services": {
        "web": {
          "prefixes": ["9.9.9.9/32"],
          "next_hop": "172.16.156.70",
          "as_path": [65010],
          "levels": [{"name": "up", "when": {"backend": {"name": "http_back"}}}]
        }
      }
    }
  > log: info service api: 192.0.2.1/32 not configured any more, withdrawing
  > exabgp: withdraw route 192.0.2.1/32

1003 ms
  > haproxy: proc.draining_api Flag(false)

2000 ms
  config:
    {
      "haproxy": {"control": "/run/haproxy/control.sock"},
      "services": {
        "web": {
          "prefixes": ["9.9.9.9/32"],
          "next_hop": "172.16.156.70",
          "as_path": [65010],
          "levels": [{"name": "up", "when": {"backend": {"name": "http_back"}}}]
        },
        "api": {
          "prefixes": ["192.0.2.1/32"],
          "next_hop": "172.16.156.70",
          "as_path": [65010, 65010],
          "levels": [{"name": "up", "when": {"backend": {"name": "api_back"}}}],
          "drain": {"ask": "5s", "variable": "proc.draining_api"},
          "announced_variable": "proc.api_until"
        }
      }
    }
  > log: info service api: drain by alice: kernel update, asking HAProxy's clients to close for 5s, 192.0.2.1/32 as it was
  > haproxy: proc.draining_api Flag(true)

2100 ms
  > log: info service api: not known yet -> up (api_back: 1 of 1 server up), announcing 192.0.2.1/32
  > exabgp: announce route 192.0.2.1/32 next-hop 172.16.156.70 as-path [ 65010 65010 ]

3500 ms
  end
