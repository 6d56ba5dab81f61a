# The page says so from the acknowledgement on; not while the service is drained, not while every session is down, not while ExaBGP
# does not answer.

config:
  {
    "read_back": "0s",
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
  exabgp: neighbor 172.16.159.4 up
  haproxy lives: http_back 2 of 2 up
  > log: info ExaBGP 4.2.21 answers
  > log: info service web: not known yet -> up (http_back: 2 of 2 servers up), announcing 9.9.9.9/32
  > log: info neighbor 172.16.159.4 up
  > exabgp: system version
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]

3 ms
  > haproxy: proc.draining Flag(false)

203 ms
  > haproxy: proc.announced_until Until(3s)

1000 ms
  exabgp: neighbor 172.16.159.4 down hold timer
  > log: info neighbor 172.16.159.4 down: hold timer
  > haproxy: proc.announced_until Flag(false)

2000 ms
  exabgp: neighbor 172.16.159.4 up
  > log: info neighbor 172.16.159.4 up
  > haproxy: proc.announced_until Until(3s)

3000 ms
  drain web: kernel update
  > log: info service web: drain by alice: kernel update, asking HAProxy's clients to close for 10s, 9.9.9.9/32 as it was
  > haproxy: proc.announced_until Flag(false)
  > haproxy: proc.draining Flag(true)

3400 ms
  drain web: over
  > log: info service web: not drained any more, 'up', still announcing: 9.9.9.9/32
  > haproxy: proc.announced_until Until(3s)
  > haproxy: proc.draining Flag(false)

5000 ms
  config:
    {
      "read_back": "0s",
      "haproxy": {"control": "/run/haproxy/control.sock"},
      "services": {
        "web": {
          "prefixes": ["9.9.9.9/32"],
          "next_hop": "172.16.156.70",
          "as_path": [65010, 65010],
          "levels": [{"name": "up", "when": {"backend": {"name": "http_back"}}}],
          "rise": 1,
          "fall": 1,
          "drain": {"prepend": 3, "for": "500ms"},
          "siblings": {"urls": ["http://172.16.136.70/health"], "settle": "2s", "last_standing": {"prepend": 6}}
        }
      }
    }
  exabgp answers: nothing
  > log: info service web: edited, announcing 9.9.9.9/32 with a longer AS path (2, was 1)
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 65010 ]

6000 ms
  > log: warn ExaBGP has not answered 1 command(s) for 1 s; asking whether it still runs
  > exabgp: system version

6003 ms
  > haproxy: proc.announced_until Flag(false)

7000 ms
  end
