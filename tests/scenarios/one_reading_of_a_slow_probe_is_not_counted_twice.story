# The probe runs once in a second while looks come every 100 ms: only its second answer announces, and its second refusal withdraws (fall 2).

config:
  {
    "services": {
      "web": {
        "prefixes": ["9.9.9.9/32"],
        "next_hop": "172.16.156.70",
        "as_path": [65010],
        "levels": [{"name": "up", "when": {"http": {"url": "http://127.0.0.1/health"}}}],
        "fall": 2
      }
    }
  }

0 ms
  probe http http://127.0.0.1/health: yes status 200
  look
  > log: info ExaBGP 4.2.21 answers
  > exabgp: system version

100 ms
  look

200 ms
  look

300 ms
  look

1000 ms
  probe http http://127.0.0.1/health: yes status 200
  look
  > log: info service web: not known yet -> up (http http://127.0.0.1/health: status 200), announcing 9.9.9.9/32
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]

2000 ms
  probe http http://127.0.0.1/health: no status 503
  look

2100 ms
  look

2200 ms
  look

2300 ms
  look

3000 ms
  probe http http://127.0.0.1/health: no status 503
  look
  > log: warn service web: up -> down (http http://127.0.0.1/health: status 503), withdrawing 9.9.9.9/32
  > exabgp: withdraw route 9.9.9.9/32
