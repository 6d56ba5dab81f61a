# The level in force is taken out of the file, and the servers die before the next look: the sibling is asked before anything is withdrawn.

config:
  {
    "services": {
      "web": {
        "prefixes": ["9.9.9.9/32"],
        "next_hop": "172.16.156.70",
        "as_path": [65010],
        "levels": [
          {"name": "gold", "when": {"backend": {"name": "http_back", "min_active": 2}}},
          {"name": "silver", "when": {"backend": {"name": "http_back"}}, "prepend": 2}
        ],
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
  > log: info service web: not known yet -> gold (http_back: 2 of 2 servers up), announcing 9.9.9.9/32
  > exabgp: system version
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]

1000 ms
  config:
    {
      "services": {
        "web": {
          "prefixes": ["9.9.9.9/32"],
          "next_hop": "172.16.156.70",
          "as_path": [65010],
          "levels": [{"name": "silver", "when": {"backend": {"name": "http_back"}}, "prepend": 2}],
          "rise": 1,
          "fall": 1,
          "siblings": {"urls": ["http://172.16.136.70/health"], "settle": "2s", "last_standing": {"prepend": 6}}
        }
      }
    }

1100 ms
  haproxy: http_back 0 of 2 up
  > log: warn service web: state unknown (http_back: 0 of 2 servers up: backend01 DOWN L4CON, backend02 DOWN L4CON; http http://172.16.136.70/health: 200), waiting

1200 ms
  haproxy: http_back 0 of 2 up

1300 ms
  probe http http://172.16.136.70/health: yes 200

1301 ms
  haproxy: http_back 0 of 2 up
  > log: warn service web: not known yet -> down (http_back: 0 of 2 servers up: backend01 DOWN L4CON, backend02 DOWN L4CON; a sibling is healthy: http http://172.16.136.70/health: 200), withdrawing 9.9.9.9/32
  > exabgp: withdraw route 9.9.9.9/32

2500 ms
  end
