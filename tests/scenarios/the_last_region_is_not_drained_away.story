# No sibling is healthy: the drained route stays out with the longer path, until one is, or --force.

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
        "drain": {"ask": "1s", "prepend": 3, "community": ["65010:7"], "for": "500ms"},
        "siblings": {"urls": ["http://172.16.136.70/health"], "last_standing": {"prepend": 6}}
      }
    }
  }

0 ms
  probe http http://172.16.136.70/health: yes 200
  haproxy: http_back 2 of 2 up
  > log: info ExaBGP 4.2.21 answers
  > log: info service web: not known yet -> up (http_back: 2 of 2 servers up), announcing 9.9.9.9/32
  > exabgp: system version
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]

100 ms
  drain web: kernel update
  > log: info service web: drain by alice: kernel update, announcing 9.9.9.9/32 with a longer AS path (4, was 1) for 500ms

200 ms
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 65010 65010 65010 ] community [ 65010:7 ]

600 ms
  > log: info service web: drain by alice: kernel update, asking the siblings before withdrawing 9.9.9.9/32

700 ms
  probe http http://172.16.136.70/health: no 503
  haproxy: http_back 2 of 2 up

710 ms
  probe http http://172.16.136.70/health: no 503
  haproxy: http_back 2 of 2 up

720 ms
  probe http http://172.16.136.70/health: no 503
  haproxy: http_back 2 of 2 up
  > log: warn service web: drain by alice: kernel update, no sibling is known to be healthy, not withdrawing 9.9.9.9/32 (a drain with --force does)

800 ms
  probe http http://172.16.136.70/health: yes 200
  haproxy: http_back 2 of 2 up

900 ms
  probe http http://172.16.136.70/health: no 503
  haproxy: http_back 2 of 2 up

1000 ms
  drain web: force
  > log: info service web: drained by alice: force, withdrawing 9.9.9.9/32
  > exabgp: withdraw route 9.9.9.9/32
