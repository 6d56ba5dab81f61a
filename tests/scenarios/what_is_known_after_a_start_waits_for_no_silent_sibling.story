# A start without servers, beside a dead sibling: the last resort is out before it is known that the sibling is silent. When the
# servers come, nothing steps back.

config:
  {
    "services": {
      "web": {
        "prefixes": ["9.9.9.9/32"],
        "next_hop": "172.16.136.70",
        "as_path": [65010, 65010, 65010, 65010],
        "levels": [
          {"name": "up", "when": {"backend": {"name": "http_back", "min_active": 2}}},
          {"name": "degraded", "when": {"backend": {"name": "http_back"}}, "prepend": 1}
        ],
        "rise": 1,
        "siblings": {"urls": ["http://172.16.156.70/health"], "takeover": {"after": "3s", "as_path": [65010]}}
      }
    }
  }

0 ms
  probe lives http http://172.16.156.70/health: silent no answer in 750ms
  haproxy lives: http_back 1 of 2 up
  > log: info ExaBGP 4.2.21 answers
  > log: warn service web: not known yet -> degraded (http_back: 1 of 2 servers up, 2 wanted: backend02 DOWN L4CON), announcing 9.9.9.9/32
  > exabgp: system version
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.136.70 as-path [ 65010 65010 65010 65010 65010 ]

500 ms
  haproxy lives: http_back 2 of 2 up

1103 ms
  > log: info service web: degraded -> up (http_back: 2 of 2 servers up), announcing 9.9.9.9/32 with a shorter AS path (4, was 5)
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.136.70 as-path [ 65010 65010 65010 65010 ]

3003 ms
  > log: warn service web: up -> takeover (http http://172.16.156.70/health silent for 3s; http_back: 2 of 2 servers up), announcing 9.9.9.9/32 with a shorter AS path (1, was 4)
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.136.70 as-path [ 65010 ]

4500 ms
  end
