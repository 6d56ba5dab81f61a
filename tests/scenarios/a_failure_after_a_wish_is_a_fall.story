# An operator takes one server, then the other dies: the wish is no fall, the failure is one. After a second failure the return waits.

config:
  {
    "services": {
      "web": {
        "prefixes": ["9.9.9.9/32"],
        "next_hop": "172.16.156.70",
        "as_path": [65010],
        "levels": [
          {"name": "up", "when": {"backend": {"name": "http_back", "min_active": 2}}},
          {"name": "degraded", "when": {"backend": {"name": "http_back"}}, "prepend": 2}
        ],
        "rise": 1,
        "fall": 1,
        "damping": {"wait": "300ms", "ceiling": "1200ms"}
      }
    }
  }

0 ms
  haproxy: http_back 2 of 2 up
  > log: info ExaBGP 4.2.21 answers
  > log: info service web: not known yet -> up (http_back: 2 of 2 servers up), announcing 9.9.9.9/32
  > exabgp: system version
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]

1000 ms
  haproxy: http_back: backend01 MAINT, backend02 UP
  > log: warn service web: up -> degraded (http_back: 1 of 2 servers up, 2 wanted: backend01 MAINT), announcing 9.9.9.9/32 with a longer AS path (3, was 1)
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 65010 65010 ]

1100 ms
  haproxy: http_back: backend01 MAINT, backend02 DOWN
  > log: warn service web: degraded -> down (http_back: 0 of 2 servers up: backend02 DOWN L4CON, backend01 MAINT), withdrawing 9.9.9.9/32
  > exabgp: withdraw route 9.9.9.9/32

2000 ms
  haproxy: http_back 2 of 2 up
  > log: info service web: down -> up (http_back: 2 of 2 servers up), announcing 9.9.9.9/32
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]

3000 ms
  haproxy: http_back 0 of 2 up
  > log: warn service web: up -> down (http_back: 0 of 2 servers up: backend01 DOWN L4CON, backend02 DOWN L4CON), withdrawing 9.9.9.9/32
  > exabgp: withdraw route 9.9.9.9/32

4000 ms
  haproxy: http_back 2 of 2 up
  > log: warn service web: down, 'up' holds (http_back: 2 of 2 servers up), damping after 2 falls: announcing 9.9.9.9/32 so in 300ms if it goes on holding

4300 ms
  haproxy: http_back 2 of 2 up
  > log: info service web: down -> up (http_back: 2 of 2 servers up), announcing 9.9.9.9/32
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]

5500 ms
  end
