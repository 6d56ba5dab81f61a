# Killed with its route out, and it warms up. The sibling was healthy, then both lose their servers: its old word withdraws nothing, its
# next one says that it is ill, and the route stays out as the last resort.

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
        "warm_up": "5s",
        "siblings": {"urls": ["http://172.16.136.70/health"], "settle": "2s", "last_standing": {"prepend": 6}}
      }
    }
  }

0 ms
  probe http http://172.16.136.70/health: yes 200
  haproxy: http_back 2 of 2 up
  > log: info ExaBGP 4.2.21 answers
  > log: warn service web: not known yet, 'up' holds (http_back: 2 of 2 servers up), warming up: announcing 9.9.9.9/32 so in 5s if it goes on holding
  > exabgp: system version

5000 ms
  haproxy: http_back 2 of 2 up
  > log: info service web: not known yet -> up (http_back: 2 of 2 servers up), announcing 9.9.9.9/32
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]

6000 ms
  killed and started again
  > log: info ExaBGP 4.2.21 answers
  > exabgp: system version

6100 ms
  haproxy: http_back 2 of 2 up
  > log: warn service web: not known yet, 'up' holds (http_back: 2 of 2 servers up), warming up: announcing 9.9.9.9/32 so in 5s if it goes on holding

6150 ms
  probe http http://172.16.136.70/health: yes 200

6200 ms
  haproxy: http_back 0 of 2 up
  > log: warn service web: state unknown (http_back: 0 of 2 servers up: backend01 DOWN L4CON, backend02 DOWN L4CON; http http://172.16.136.70/health: 200), waiting

6300 ms
  haproxy: http_back 0 of 2 up

6400 ms
  probe http http://172.16.136.70/health: no 503

6401 ms
  haproxy: http_back 0 of 2 up

6500 ms
  probe http http://172.16.136.70/health: no 503

6501 ms
  haproxy: http_back 0 of 2 up
  > log: warn service web: not known yet -> last standing (http_back: 0 of 2 servers up: backend01 DOWN L4CON, backend02 DOWN L4CON; no sibling is known to be healthy: http http://172.16.136.70/health: 503), announcing 9.9.9.9/32
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 65010 65010 65010 65010 65010 65010 ]

6600 ms
  probe http http://172.16.136.70/health: no 503

6601 ms
  haproxy: http_back 0 of 2 up
  > log: error service web: stays 'last standing' (http_back: 0 of 2 servers up: backend01 DOWN L4CON, backend02 DOWN L4CON; no sibling is known to be healthy: http http://172.16.136.70/health: 503), announcing 9.9.9.9/32

7500 ms
  end
