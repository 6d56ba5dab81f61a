# The same with a healthy sibling: nothing is announced at all.

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
        "siblings": {"urls": ["http://172.16.136.70/health"], "last_standing": {"prepend": 6}}
      }
    }
  }

0 ms
  haproxy: http_back 0 of 2 up
  > log: info ExaBGP 4.2.21 answers
  > log: warn service web: state unknown (http_back: 0 of 2 servers up: backend01 DOWN L4CON, backend02 DOWN L4CON; http http://172.16.136.70/health: not asked yet), waiting
  > exabgp: system version

90 ms
  probe http http://172.16.136.70/health: yes 200
  > log: warn service web: not known yet -> down (http_back: 0 of 2 servers up: backend01 DOWN L4CON, backend02 DOWN L4CON; a sibling is healthy: http http://172.16.136.70/health: 200), withdrawing 9.9.9.9/32
  > exabgp: withdraw route 9.9.9.9/32

100 ms
  haproxy: http_back 0 of 2 up

200 ms
  haproxy: http_back 0 of 2 up
