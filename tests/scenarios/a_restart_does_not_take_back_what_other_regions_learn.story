# The process is killed, and the next one does not say that the route is not out before it knows.

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
        "drain": {"prepend": 3, "for": "500ms"},
        "siblings": {"urls": ["http://172.16.136.70/health"], "settle": "2s", "last_standing": {"prepend": 6}}
      }
    }
  }

0 ms
  probe lives http http://172.16.136.70/health: yes 200
  haproxy lives: http_back 2 of 2 up
  > log: info ExaBGP 4.2.21 answers
  > log: info service web: not known yet -> up (http_back: 2 of 2 servers up), announcing 9.9.9.9/32
  > exabgp: system version
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]

3 ms
  > haproxy: proc.draining Flag(false)

203 ms
  > haproxy: proc.announced_until Until(3s)

2000 ms
  killed and started again
  > log: info ExaBGP 4.2.21 answers
  > exabgp: system version

2003 ms
  > log: info service web: not known yet -> up (http_back: 2 of 2 servers up), announcing 9.9.9.9/32
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]

4000 ms
  end
