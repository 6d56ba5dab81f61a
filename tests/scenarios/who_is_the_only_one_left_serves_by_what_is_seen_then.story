# Kept back by the warm-up, and then the only region that is left, between two looks: the servers are dead by then, and the last
# look that was counted does not say so yet.

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
        "siblings": {"urls": ["http://172.16.136.70/health"], "last_standing": {"prepend": 6}},
        "damping": {"wait": "200ms", "ceiling": "400ms", "quiet": "5s"},
        "warm_up": "300ms"
      }
    }
  }

0 ms
  probe http http://172.16.136.70/health: yes 200
  haproxy: http_back 2 of 2 up
  > log: info ExaBGP 4.2.21 answers
  > log: warn service web: not known yet, 'up' holds (http_back: 2 of 2 servers up), warming up: announcing 9.9.9.9/32 so in 300ms if it goes on holding
  > exabgp: system version

150 ms
  probe http http://172.16.136.70/health: no 503

160 ms
  haproxy: http_back 0 of 2 up
  > log: warn service web: state unknown (http_back: 0 of 2 servers up: backend01 DOWN L4CON, backend02 DOWN L4CON; http http://172.16.136.70/health: 503), waiting
