# SIGTERM while the new selection of a route waits for its acknowledgement: the old one and the new one are withdrawn.

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

900 ms
  exabgp answers: nothing

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
  > log: info service web: edited, announcing 9.9.9.9/32 to 172.16.159.5 (was 172.16.159.4)
  > exabgp: neighbor 172.16.159.5 announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]

1100 ms
  SIGTERM
  > log: info told to leave, withdrawing what may be out: 9.9.9.9/32
  > exabgp: neighbor 172.16.159.4 withdraw route 9.9.9.9/32
  > exabgp: neighbor 172.16.159.5 withdraw route 9.9.9.9/32
  > exit: Told
