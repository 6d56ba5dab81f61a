# The level in force is taken out of the file: until the service was looked at, the route stays, and what the page says ends by itself.

config:
  {
    "haproxy": {"control": "/run/haproxy/control.sock"},
    "services": {
      "web": {
        "prefixes": ["9.9.9.9/32"],
        "next_hop": "172.16.156.70",
        "as_path": [65010],
        "levels": [
          {"name": "gold", "when": {"backend": {"name": "http_back", "min_active": 2}}},
          {"name": "silver", "when": {"backend": {"name": "http_back"}}, "prepend": 2}
        ],
        "siblings": {"urls": ["http://172.16.136.70/health"], "settle": "2s", "last_standing": {"prepend": 6}}
      }
    }
  }

0 ms
  probe lives http http://172.16.136.70/health: yes 200
  haproxy lives: http_back 2 of 2 up
  > log: info ExaBGP 4.2.21 answers
  > exabgp: system version

3 ms
  > haproxy: proc.draining Flag(false)

103 ms
  > log: info service web: not known yet -> gold (http_back: 2 of 2 servers up), announcing 9.9.9.9/32
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]

203 ms
  > haproxy: proc.announced_until Until(3s)

1000 ms
  config:
    {
      "haproxy": {"control": "/run/haproxy/control.sock"},
      "services": {
        "web": {
          "prefixes": ["9.9.9.9/32"],
          "next_hop": "172.16.156.70",
          "as_path": [65010],
          "levels": [{"name": "silver", "when": {"backend": {"name": "http_back"}}, "prepend": 2}],
          "siblings": {"urls": ["http://172.16.136.70/health"], "settle": "2s", "last_standing": {"prepend": 6}}
        }
      }
    }

1100 ms
  > log: info service web: not known yet -> silver (http_back: 2 of 2 servers up), announcing 9.9.9.9/32
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 65010 65010 ]

3000 ms
  end
