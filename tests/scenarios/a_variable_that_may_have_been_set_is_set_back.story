# HAProxy does not answer whether it set the variable, and the drain is over: that is said, since it may have been set.

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

400 ms
  haproxy refuses variables

500 ms
  drain web: kernel update
  > log: info service web: drain by alice: kernel update, asking HAProxy's clients to close for 5s, 9.9.9.9/32 as it was
  > log: warn HAProxy's variables cannot be set (permission denied): its clients are not asked to close in a drain, and other regions do not learn that the route is out; trying again
  > haproxy: proc.announced_until Flag(false)
  > haproxy: proc.draining Flag(true)

1000 ms
  drain web: over
  > log: info service web: not drained any more, 'up', still announcing: 9.9.9.9/32

1500 ms
  haproxy takes variables

2500 ms
  > log: info HAProxy takes commands again
  > haproxy: proc.announced_until Until(3s)
  > haproxy: proc.draining Flag(false)

4000 ms
  end
