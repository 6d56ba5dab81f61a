# The sibling was healthy before the servers died. The file is edited: its old word withdraws nothing, its next one does.

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

200 ms
  haproxy: http_back 0 of 2 up
  > log: warn service web: up -> last standing (http_back: 0 of 2 servers up: backend01 DOWN L4CON, backend02 DOWN L4CON; the siblings are being asked), announcing 9.9.9.9/32 with a longer AS path (7, was 1)
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 65010 65010 65010 65010 65010 65010 ]

250 ms
  config:
    {
      "services": {
        "web": {
          "prefixes": ["9.9.9.9/32"],
          "next_hop": "172.16.156.70",
          "as_path": [65010],
          "levels": [{"name": "up", "when": {"backend": {"name": "http_back"}}}],
          "rise": 3,
          "fall": 1,
          "siblings": {"urls": ["http://172.16.136.70/health"], "settle": "2s", "last_standing": {"prepend": 6}}
        }
      }
    }

300 ms
  haproxy: http_back 0 of 2 up

400 ms
  probe http http://172.16.136.70/health: yes 200

401 ms
  haproxy: http_back 0 of 2 up
  > log: warn service web: last standing -> down (http_back: 0 of 2 servers up: backend01 DOWN L4CON, backend02 DOWN L4CON; a sibling is healthy: http http://172.16.136.70/health: 200), withdrawing 9.9.9.9/32
  > exabgp: withdraw route 9.9.9.9/32
