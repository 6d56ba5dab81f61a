# A process was killed before its ledger had what it announced. The next one has said nothing yet, and an edit takes a prefix away.

config:
  {
    "services": {
      "web": {
        "prefixes": ["9.9.9.9/32", "9.9.9.10/32"],
        "next_hop": "172.16.156.70",
        "as_path": [65010],
        "levels": [{"name": "up", "when": {"backend": {"name": "http_back"}}}],
        "warm_up": "500ms"
      }
    }
  }

0 ms
  haproxy lives: http_back 2 of 2 up
  > log: info ExaBGP 4.2.21 answers
  > exabgp: system version

103 ms
  > log: warn service web: not known yet, 'up' holds (http_back: 2 of 2 servers up), warming up: announcing 9.9.9.9/32, 9.9.9.10/32 so in 400ms if it goes on holding

300 ms
  config:
    {
      "services": {
        "web": {
          "prefixes": ["9.9.9.9/32"],
          "next_hop": "172.16.156.70",
          "as_path": [65010],
          "levels": [{"name": "up", "when": {"backend": {"name": "http_back"}}}],
          "warm_up": "500ms"
        }
      }
    }
  > log: info service web: 9.9.9.10/32 not configured any more, withdrawing
  > exabgp: withdraw route 9.9.9.10/32

500 ms
  > log: info service web: not known yet -> up (http_back: 2 of 2 servers up), announcing 9.9.9.9/32
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]

1000 ms
  haproxy lives: http_back 2 of 2 up
