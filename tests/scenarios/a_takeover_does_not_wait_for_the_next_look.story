# The siblings' own timeout is the one of a takeover's questions, so that both ask the same question. Silence is judged when it
# is long enough all the same, and not at the next look.

config:
  {
    "services": {
      "web": {
        "prefixes": ["9.9.9.9/32"],
        "next_hop": "172.16.136.70",
        "as_path": [65010, 65010, 65010, 65010],
        "levels": [{"name": "up", "when": {"backend": {"name": "http_back"}}}],
        "siblings": {"urls": ["http://172.16.156.70/health"], "timeout": "250ms", "takeover": {"after": "1s", "as_path": [65010]}}
      }
    }
  }

0 ms
  probe lives http http://172.16.156.70/health: yes 200
  haproxy lives: http_back 2 of 2 up
  > log: info ExaBGP 4.2.21 answers
  > exabgp: system version

103 ms
  > log: info service web: not known yet -> up (http_back: 2 of 2 servers up), announcing 9.9.9.9/32
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.136.70 as-path [ 65010 65010 65010 65010 ]

2400 ms
  probe lives http http://172.16.156.70/health: silent no answer in 250ms

3253 ms
  > log: warn service web: up -> takeover (http http://172.16.156.70/health silent for 1s; http_back: 2 of 2 servers up), announcing 9.9.9.9/32 with a shorter AS path (1, was 4)
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.136.70 as-path [ 65010 ]

5010 ms
  end
