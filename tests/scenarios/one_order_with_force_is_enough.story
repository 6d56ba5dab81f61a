# Held, since no sibling is healthy. An order for all with force beside the service's own without: withdrawn. Without the forced one the
# last region comes back, after several readings.

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
  probe lives http http://172.16.136.70/health: no 503
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

900 ms
  > log: warn service web: drain by alice: kernel update, no sibling is known to be healthy, not withdrawing 9.9.9.9/32 (a drain with --force does)

2500 ms
  drain @all: force
  > log: info service web: drained by alice: kernel update, withdrawing 9.9.9.9/32
  > exabgp: withdraw route 9.9.9.9/32

3500 ms
  drain @all: over

5000 ms
  > log: warn service web: drain by alice: kernel update, no sibling is known to be healthy any more, announcing 9.9.9.9/32 again
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 65010 65010 65010 ]

8000 ms
  end
