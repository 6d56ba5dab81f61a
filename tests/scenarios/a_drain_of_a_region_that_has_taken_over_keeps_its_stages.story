# The path of the drain is longer than that of any level; it is the last region, so that it stays out.

config:
  {
    "services": {
      "web": {
        "prefixes": ["9.9.9.9/32"],
        "next_hop": "172.16.136.70",
        "as_path": [65010, 65010, 65010, 65010],
        "levels": [{"name": "up", "when": {"backend": {"name": "http_back"}}}],
        "drain": {"prepend": 3, "for": "1s"},
        "siblings": {"urls": ["http://172.16.156.70/health"], "settle": "2s", "takeover": {"after": "1s", "as_path": [65010]}}
      }
    }
  }

0 ms
  probe lives http http://172.16.156.70/health: silent no answer in 250ms
  haproxy lives: http_back 2 of 2 up
  > log: info ExaBGP 4.2.21 answers
  > exabgp: system version

1003 ms
  > log: warn service web: not known yet -> takeover (http http://172.16.156.70/health silent for 1s; http_back: 2 of 2 servers up), announcing 9.9.9.9/32
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.136.70 as-path [ 65010 ]

2010 ms
  drain web: kernel update
  > log: info service web: drain by alice: kernel update, announcing 9.9.9.9/32 as it was for 1s

3010 ms
  > log: info service web: drain by alice: kernel update, asking the siblings before withdrawing 9.9.9.9/32

3310 ms
  > log: warn service web: drain by alice: kernel update, no sibling is known to be healthy, not withdrawing 9.9.9.9/32 (a drain with --force does)

5010 ms
  drain web: over
  > log: info service web: not drained any more, 'takeover', announcing 9.9.9.9/32

6010 ms
  end
