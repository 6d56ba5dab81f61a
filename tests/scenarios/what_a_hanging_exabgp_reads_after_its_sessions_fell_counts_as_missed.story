# ExaBGP hangs with a withdrawal in its pipe, and loses its session meanwhile. It reads it when it goes on, and the announcement after it: the
# neighbor that comes up has missed both, and is sent the route again.

config:
  {
    "read_back": "0s",
    "services": {
      "web": {
        "prefixes": ["9.9.9.9/32"],
        "next_hop": "172.16.156.70",
        "as_path": [65010],
        "levels": [{"name": "up", "when": {"backend": {"name": "http_back"}}}],
        "rise": 1,
        "fall": 1
      }
    }
  }

0 ms
  exabgp: neighbor 172.16.159.4 up
  haproxy: http_back 2 of 2 up
  > log: info ExaBGP 4.2.21 answers
  > log: info service web: not known yet -> up (http_back: 2 of 2 servers up), announcing 9.9.9.9/32
  > log: info neighbor 172.16.159.4 up
  > exabgp: system version
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]

1000 ms
  exabgp answers: reads nothing

1100 ms
  haproxy: http_back 0 of 2 up
  > log: warn service web: up -> down (http_back: 0 of 2 servers up: backend01 DOWN L4CON, backend02 DOWN L4CON), withdrawing 9.9.9.9/32
  > exabgp: withdraw route 9.9.9.9/32

2100 ms
  > log: warn ExaBGP has not answered 1 command(s) for 1 s; asking whether it still runs
  > log: warn ExaBGP has not read what was written to it for 1 s; waiting for it, and no other region is told meanwhile that a route is out

3000 ms
  haproxy: http_back 2 of 2 up
  > log: info service web: down -> up (http_back: 2 of 2 servers up), announcing 9.9.9.9/32

8000 ms
  exabgp answers: done
  exabgp: neighbor 172.16.159.4 down
  > log: info neighbor 172.16.159.4 down
  > log: info ExaBGP reads again
  > log: info ExaBGP answers again after 6 s
  > exabgp: system version
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]

8500 ms
  exabgp: neighbor 172.16.159.4 up
  > log: info neighbor 172.16.159.4 up
  > log: info neighbor 172.16.159.4 came up after changes, sending it every route again

8700 ms
  > exabgp: neighbor 172.16.159.4 announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ] origin incomplete
  > exabgp: neighbor 172.16.159.4 announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]

10000 ms
  end
