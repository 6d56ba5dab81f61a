# The preferred region's NVA vanishes: its stale route would stay for the hold time. Three questions without an answer and a
# second of silence, and a shorter path is announced; a single lost answer is nothing. When the sibling has answered for
# settle, it has its clients back.

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
  probe lives http http://172.16.156.70/health: yes 200
  haproxy lives: http_back 2 of 2 up
  > log: info ExaBGP 4.2.21 answers
  > exabgp: system version

103 ms
  > log: info service web: not known yet -> up (http_back: 2 of 2 servers up), announcing 9.9.9.9/32
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.136.70 as-path [ 65010 65010 65010 65010 ]

2010 ms
  probe lives http http://172.16.156.70/health: silent no answer in 250ms

2400 ms
  probe lives http http://172.16.156.70/health: yes 200

3010 ms
  probe lives http http://172.16.156.70/health: silent no answer in 250ms

4003 ms
  > log: warn service web: up -> takeover (http http://172.16.156.70/health silent for 1s; http_back: 2 of 2 servers up), announcing 9.9.9.9/32 with a shorter AS path (1, was 4)
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.136.70 as-path [ 65010 ]

5010 ms
  probe lives http http://172.16.156.70/health: no status 503

6010 ms
  probe lives http http://172.16.156.70/health: yes status 200

8253 ms
  > log: info service web: takeover -> up (http http://172.16.156.70/health: status 200; http_back: 2 of 2 servers up), announcing 9.9.9.9/32 with a longer AS path (4, was 1)
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.136.70 as-path [ 65010 65010 65010 65010 ]

9010 ms
  end
