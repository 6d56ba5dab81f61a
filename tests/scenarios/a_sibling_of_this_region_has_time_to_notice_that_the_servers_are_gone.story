# Two NVAs have the same servers: the other one's good word may only be older than the loss. It counts when it has lasted for
# settle, and another region's counts at once.

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
        "siblings": {
          "urls": ["http://172.16.136.70/health", "http://172.16.156.71/health"],
          "same_region": ["http://172.16.156.71/health"],
          "settle": "2s"
        }
      }
    }
  }

0 ms
  probe http http://172.16.136.70/health: no 503
  probe http http://172.16.156.71/health: yes 200
  haproxy: http_back 2 of 2 up
  > log: info ExaBGP 4.2.21 answers
  > log: info service web: not known yet -> up (http_back: 2 of 2 servers up), announcing 9.9.9.9/32
  > exabgp: system version
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]

100 ms
  haproxy: http_back 0 of 2 up
  > log: warn service web: up -> last standing (http_back: 0 of 2 servers up: backend01 DOWN L4CON, backend02 DOWN L4CON; the siblings are being asked), announcing 9.9.9.9/32 with a longer AS path (7, was 1)

190 ms
  probe http http://172.16.136.70/health: no 503
  probe http http://172.16.156.71/health: yes 200

200 ms
  haproxy: http_back 0 of 2 up
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 65010 65010 65010 65010 65010 65010 ]

1000 ms
  probe http http://172.16.156.71/health: no 503
  haproxy: http_back 0 of 2 up
  > log: error service web: stays 'last standing' (http_back: 0 of 2 servers up: backend01 DOWN L4CON, backend02 DOWN L4CON; no sibling is known to be healthy: http http://172.16.136.70/health: 503; http http://172.16.156.71/health: 503), announcing 9.9.9.9/32

1100 ms
  haproxy: http_back 2 of 2 up
  > log: info service web: last standing -> up (http_back: 2 of 2 servers up), announcing 9.9.9.9/32 with a shorter AS path (1, was 7)
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]

2000 ms
  haproxy: http_back 0 of 2 up
  > log: warn service web: up -> last standing (http_back: 0 of 2 servers up: backend01 DOWN L4CON, backend02 DOWN L4CON; the siblings are being asked), announcing 9.9.9.9/32 with a longer AS path (7, was 1)
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 65010 65010 65010 65010 65010 65010 ]

2100 ms
  probe http http://172.16.136.70/health: no 503
  probe http http://172.16.156.71/health: yes 200
  haproxy: http_back 0 of 2 up

3900 ms
  probe http http://172.16.136.70/health: no 503
  probe http http://172.16.156.71/health: yes 200
  haproxy: http_back 0 of 2 up

4100 ms
  probe http http://172.16.136.70/health: no 503
  probe http http://172.16.156.71/health: yes 200
  haproxy: http_back 0 of 2 up
  > log: warn service web: last standing -> down (http_back: 0 of 2 servers up: backend01 DOWN L4CON, backend02 DOWN L4CON; a sibling is healthy: http http://172.16.156.71/health: 200), withdrawing 9.9.9.9/32
  > exabgp: withdraw route 9.9.9.9/32

4200 ms
  haproxy: http_back 2 of 2 up
  probe http http://172.16.136.70/health: yes 200
  > log: info service web: down -> up (http_back: 2 of 2 servers up), announcing 9.9.9.9/32
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]

8000 ms
  haproxy: http_back 0 of 2 up
  > log: warn service web: up -> last standing (http_back: 0 of 2 servers up: backend01 DOWN L4CON, backend02 DOWN L4CON; the siblings are being asked), announcing 9.9.9.9/32 with a longer AS path (7, was 1)
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 65010 65010 65010 65010 65010 65010 ]

8100 ms
  probe http http://172.16.136.70/health: yes 200
  probe http http://172.16.156.71/health: yes 200
  haproxy: http_back 0 of 2 up
  > log: warn service web: last standing -> down (http_back: 0 of 2 servers up: backend01 DOWN L4CON, backend02 DOWN L4CON; a sibling is healthy: http http://172.16.136.70/health: 200), withdrawing 9.9.9.9/32
  > exabgp: withdraw route 9.9.9.9/32
