# neighbors: one that exabgp.conf does not have yet. While that is refused the old one keeps the route; when it is taken, the old one
# loses it.

config:
  {
    "services": {
      "web": {
        "prefixes": ["9.9.9.9/32"],
        "next_hop": "172.16.156.70",
        "as_path": [65010],
        "levels": [{"name": "up", "when": {"backend": {"name": "http_back"}}}],
        "warm_up": "300ms",
        "neighbors": ["172.16.159.4"]
      }
    }
  }

0 ms
  haproxy lives: http_back 2 of 2 up
  > log: info ExaBGP 4.2.21 answers
  > exabgp: system version

103 ms
  > log: warn service web: not known yet, 'up' holds (http_back: 2 of 2 servers up), warming up: announcing 9.9.9.9/32 so in 200ms if it goes on holding

300 ms
  > log: info service web: not known yet -> up (http_back: 2 of 2 servers up), announcing 9.9.9.9/32
  > exabgp: neighbor 172.16.159.4 announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]

1000 ms
  config:
    {
      "services": {
        "web": {
          "prefixes": ["9.9.9.9/32"],
          "next_hop": "172.16.156.70",
          "as_path": [65010],
          "levels": [{"name": "up", "when": {"backend": {"name": "http_back"}}}],
          "warm_up": "300ms",
          "neighbors": ["172.16.159.5"]
        }
      }
    }
  exabgp answers: error to neighbor 172.16.159.5
  > log: info service web: edited, announcing 9.9.9.9/32 to 172.16.159.5 (was 172.16.159.4)
  > log: warn ExaBGP refused 'neighbor 172.16.159.5 announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]' (ExaBGP's log says why), retrying in 1 s, then less and less often
  > exabgp: neighbor 172.16.159.5 announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]

2000 ms
  > exabgp: neighbor 172.16.159.5 announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]

3000 ms
  exabgp answers: done

4000 ms
  > log: info ExaBGP accepted 'neighbor 172.16.159.5 announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]' at last; it had refused it 2 time(s)
  > exabgp: neighbor 172.16.159.5 announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]
  > exabgp: neighbor 172.16.159.4 withdraw route 9.9.9.9/32

5000 ms
  end
