# HAProxy refuses the variable and then hangs: whoever waits for it waits for a time that lies ahead (the driver asserts it), and tries
# again every two seconds while HAProxy answers.

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
        "drain": {"ask": "5s", "variable": "proc.draining"},
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

400 ms
  haproxy refuses variables

500 ms
  drain web: kernel update
  > log: info service web: drain by alice: kernel update, asking HAProxy's clients to close for 5s, 9.9.9.9/32 as it was
  > log: warn HAProxy's variables cannot be set (permission denied): its clients are not asked to close in a drain, and other regions do not learn that the route is out; trying again
  > haproxy: proc.announced_until Flag(false)
  > haproxy: proc.draining Flag(true)

700 ms
  haproxy hangs

2203 ms
  > log: warn service web: state unknown (HAProxy cannot be read: a look has not ended for 1100 ms), holding 'up' for 10s, then withdrawing

5500 ms
  > log: info service web: drain by alice: kernel update, announcing 9.9.9.9/32 with a longer AS path (4, was 1) for 10s
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 65010 65010 65010 ]

12203 ms
  > log: warn service web: up -> down (HAProxy cannot be read: a look has not ended for 11100 ms), withdrawing 9.9.9.9/32
  > exabgp: withdraw route 9.9.9.9/32

15500 ms
  > log: info service web: drain by alice: kernel update, still withdrawn: 9.9.9.9/32

17203 ms
  > log: info service web: drained by alice: kernel update, still withdrawn: 9.9.9.9/32

20000 ms
  haproxy takes variables
  haproxy lives: http_back 2 of 2 up
  > log: info service web: down -> up (http_back: 2 of 2 servers up), while it is drained, still withdrawn: 9.9.9.9/32
  > log: info HAProxy takes commands again

24000 ms
  end
