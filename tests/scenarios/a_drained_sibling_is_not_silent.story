# A 503 is an answer, and so is a refusal: nobody takes over. Nor while it is not known how this region is.

config:
  {
    "services": {
      "web": {
        "prefixes": ["9.9.9.9/32"],
        "next_hop": "172.16.136.70",
        "as_path": [65010, 65010, 65010, 65010],
        "levels": [{"name": "up", "when": {"backend": {"name": "http_back"}}}],
        "siblings": {"urls": ["http://172.16.156.70/health"], "settle": "2s", "takeover": {"after": "1s", "as_path": [65010]}}
      }
    }
  }

0 ms
  probe lives http http://172.16.156.70/health: no status 503
  haproxy lives: http_back 2 of 2 up
  > log: info ExaBGP 4.2.21 answers
  > exabgp: system version

103 ms
  > log: info service web: not known yet -> up (http_back: 2 of 2 servers up), announcing 9.9.9.9/32
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.136.70 as-path [ 65010 65010 65010 65010 ]

3010 ms
  probe lives http http://172.16.156.70/health: no connection refused

6010 ms
  haproxy unreadable: no answer
  > log: warn service web: state unknown (HAProxy cannot be read: no answer), holding 'up' for 10s, then withdrawing

6020 ms
  haproxy hangs
  probe lives http http://172.16.156.70/health: silent no answer in 250ms

9010 ms
  haproxy lives: http_back 2 of 2 up
  > log: warn service web: up -> takeover (http http://172.16.156.70/health silent for 1s; http_back: 2 of 2 servers up), announcing 9.9.9.9/32 with a shorter AS path (1, was 4)
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.136.70 as-path [ 65010 ]

12010 ms
  end
