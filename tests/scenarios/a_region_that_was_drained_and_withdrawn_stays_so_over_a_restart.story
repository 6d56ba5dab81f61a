# Drained and withdrawn beside a healthy sibling. The process is killed, and the sibling answers the next one late: nothing is announced
# meanwhile, and its word ends in another withdrawal, which is nothing new.

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
        "drain": {"prepend": 3, "for": "500ms"},
        "siblings": {"urls": ["http://172.16.136.70/health"], "settle": "2s", "last_standing": {"prepend": 6}}
      }
    }
  }

0 ms
  probe lives http http://172.16.136.70/health: yes 200
  haproxy lives: http_back 2 of 2 up
  > log: info ExaBGP 4.2.21 answers
  > log: info service web: not known yet -> up (http_back: 2 of 2 servers up), announcing 9.9.9.9/32
  > exabgp: system version
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]

100 ms
  drain web: kernel update
  > log: info service web: drain by alice: kernel update, announcing 9.9.9.9/32 with a longer AS path (4, was 1) for 500ms

200 ms
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 65010 65010 65010 ]

600 ms
  > log: info service web: drain by alice: kernel update, asking the siblings before withdrawing 9.9.9.9/32

700 ms
  > log: info service web: drained by alice: kernel update, withdrawing 9.9.9.9/32
  > exabgp: withdraw route 9.9.9.9/32

2000 ms
  no probe lives

2500 ms
  killed and started again
  > log: info service web: drain by alice: kernel update, asking the siblings before withdrawing 9.9.9.9/32
  > log: info ExaBGP 4.2.21 answers
  > exabgp: system version

2503 ms
  > log: info service web: not known yet -> up (http_back: 2 of 2 servers up), while the siblings are asked, leaving as it was: 9.9.9.9/32

3500 ms
  probe lives http http://172.16.136.70/health: yes 200
  > log: info service web: drained by alice: kernel update, withdrawing 9.9.9.9/32
  > exabgp: withdraw route 9.9.9.9/32

5000 ms
  end
