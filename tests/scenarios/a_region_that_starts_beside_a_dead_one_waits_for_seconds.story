# A region that starts while the other one is dead: nobody serves until it is known whether it takes over. It does not wait
# for a long time of silence, since the sibling has not answered at all.

config:
  {
    "services": {
      "web": {
        "prefixes": ["9.9.9.9/32"],
        "next_hop": "172.16.136.70",
        "as_path": [65010, 65010, 65010, 65010],
        "levels": [{"name": "up", "when": {"backend": {"name": "http_back"}}}],
        "siblings": {"urls": ["http://172.16.156.70/health"], "settle": "2s", "takeover": {"after": "60s", "as_path": [65010]}}
      }
    }
  }

0 ms
  probe lives http http://172.16.156.70/health: silent no answer in 1s
  haproxy lives: http_back 2 of 2 up
  > log: info ExaBGP 4.2.21 answers
  > exabgp: system version

4003 ms
  > log: warn service web: not known yet -> takeover (http http://172.16.156.70/health silent for 4s; http_back: 2 of 2 servers up), announcing 9.9.9.9/32
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.136.70 as-path [ 65010 ]

10010 ms
  probe lives http http://172.16.156.70/health: yes status 200

13003 ms
  > log: info service web: takeover -> up (http http://172.16.156.70/health: status 200; http_back: 2 of 2 servers up), announcing 9.9.9.9/32 with a longer AS path (4, was 1)
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.136.70 as-path [ 65010 65010 65010 65010 ]

20010 ms
  probe lives http http://172.16.156.70/health: silent no answer in 1s

60000 ms
  > log: warn 9.9.9.9/32 differs in ExaBGP from what was sent: no neighbor holds it; sending it again
  > exabgp: show adj-rib out extensive
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.136.70 as-path [ 65010 65010 65010 65010 ]

80003 ms
  > log: warn service web: up -> takeover (http http://172.16.156.70/health silent for 1m; http_back: 2 of 2 servers up), announcing 9.9.9.9/32 with a shorter AS path (1, was 4)
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.136.70 as-path [ 65010 ]

90010 ms
  end
