# Drained and withdrawn. The sibling's page is late once, then twice: nothing. Three times: the route is out, with the longer path. The
# page is back: it is given its time, and then the route goes.

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
        "drain": {"prepend": 3, "for": "500ms"},
        "siblings": {"urls": ["http://172.16.136.70/health"], "settle": "2s", "last_standing": {"prepend": 6}}
      }
    }
  }

0 ms
  probe http http://172.16.136.70/health: yes 200
  haproxy: http_back 2 of 2 up
  > log: info ExaBGP 4.2.21 answers
  > log: info service web: not known yet -> up (http_back: 2 of 2 servers up), announcing 9.9.9.9/32
  > exabgp: system version
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]

100 ms
  drain web: kernel update
  > log: info service web: drain by alice: kernel update, announcing 9.9.9.9/32 with a longer AS path (4, was 1) for 500ms

200 ms
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 65010 65010 65010 ]

600 ms
  > log: info service web: drain by alice: kernel update, asking the siblings before withdrawing 9.9.9.9/32

650 ms
  probe http http://172.16.136.70/health: yes 200
  haproxy: http_back 2 of 2 up
  > log: info service web: drained by alice: kernel update, withdrawing 9.9.9.9/32
  > exabgp: withdraw route 9.9.9.9/32

1000 ms
  probe http http://172.16.136.70/health: yes 200
  haproxy: http_back 2 of 2 up

2000 ms
  probe http http://172.16.136.70/health: unknown no answer in time
  haproxy: http_back 2 of 2 up

3000 ms
  probe http http://172.16.136.70/health: yes 200
  haproxy: http_back 2 of 2 up

4000 ms
  probe http http://172.16.136.70/health: unknown no answer in time
  haproxy: http_back 2 of 2 up

5000 ms
  probe http http://172.16.136.70/health: unknown no answer in time
  haproxy: http_back 2 of 2 up

6000 ms
  probe http http://172.16.136.70/health: yes 200
  haproxy: http_back 2 of 2 up

7000 ms
  probe http http://172.16.136.70/health: unknown no answer in time
  haproxy: http_back 2 of 2 up

8000 ms
  probe http http://172.16.136.70/health: unknown no answer in time
  haproxy: http_back 2 of 2 up

9000 ms
  probe http http://172.16.136.70/health: unknown no answer in time
  haproxy: http_back 2 of 2 up
  > log: warn service web: drain by alice: kernel update, no sibling is known to be healthy any more, announcing 9.9.9.9/32 again
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 65010 65010 65010 ]

10000 ms
  probe http http://172.16.136.70/health: yes 200
  haproxy: http_back 2 of 2 up

11000 ms
  probe http http://172.16.136.70/health: yes 200
  haproxy: http_back 2 of 2 up

12000 ms
  probe http http://172.16.136.70/health: yes 200
  haproxy: http_back 2 of 2 up
  > log: info service web: drained by alice: kernel update, withdrawing 9.9.9.9/32
  > exabgp: withdraw route 9.9.9.9/32
