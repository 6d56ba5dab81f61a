# min_weight 100: the heavy server alone is enough, the light one is not.

config:
  {
    "services": {
      "web": {
        "prefixes": ["9.9.9.9/32"],
        "next_hop": "172.16.156.70",
        "as_path": [65010],
        "levels": [{"name": "up", "when": {"backend": {"name": "http_back", "min_weight": 100}}}]
      }
    }
  }

0 ms
  haproxy: http_back: backend01 UP weight 200, backend02 UP weight 50
  > log: info ExaBGP 4.2.21 answers
  > exabgp: system version

100 ms
  haproxy: http_back: backend01 UP weight 200, backend02 UP weight 50
  > log: info service web: not known yet -> up (http_back: 2 of 2 servers up), announcing 9.9.9.9/32
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]

1000 ms
  haproxy: http_back: backend01 DOWN weight 200, backend02 UP weight 50
  > log: warn service web: up -> down (http_back: 1 of 2 servers up, weight 50 of 100 wanted: backend01 DOWN L4CON), withdrawing 9.9.9.9/32
  > exabgp: withdraw route 9.9.9.9/32
