# The servers die. First this region's page is taken back, and only a sibling that was asked after that is believed: otherwise two regions
# that lose their servers at once believe each other.

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
  probe http http://172.16.136.70/health: yes 200
  haproxy: http_back 2 of 2 up
  > log: info ExaBGP 4.2.21 answers
  > log: info service web: not known yet -> up (http_back: 2 of 2 servers up), announcing 9.9.9.9/32
  > exabgp: system version
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]

3 ms
  > haproxy: proc.draining Flag(false)

203 ms
  > haproxy: proc.announced_until Until(3s)

1000 ms
  haproxy refuses variables

1453 ms
  > log: warn HAProxy's variables cannot be set (permission denied): its clients are not asked to close in a drain, and other regions do not learn that the route is out; trying again
  > haproxy: proc.announced_until Until(3s)

1500 ms
  haproxy: http_back 0 of 2 up
  > log: warn service web: up -> last standing (http_back: 0 of 2 servers up: backend01 DOWN L4CON, backend02 DOWN L4CON; the siblings are being asked), announcing 9.9.9.9/32 with a longer AS path (7, was 1)
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 65010 65010 65010 65010 65010 65010 ]

1600 ms
  probe http http://172.16.136.70/health: yes 200

1700 ms
  haproxy: http_back 0 of 2 up

3453 ms
  > haproxy: proc.announced_until Flag(false)

5000 ms
  haproxy: http_back 0 of 2 up

5100 ms
  probe http http://172.16.136.70/health: yes 200

5101 ms
  haproxy: http_back 0 of 2 up
  > log: warn service web: last standing -> down (http_back: 0 of 2 servers up: backend01 DOWN L4CON, backend02 DOWN L4CON; a sibling is healthy: http http://172.16.136.70/health: 200), withdrawing 9.9.9.9/32
  > exabgp: withdraw route 9.9.9.9/32

5453 ms
  > haproxy: proc.announced_until Flag(false)

6000 ms
  end
