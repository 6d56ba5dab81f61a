# Before anything was said, an edit gives the route to a neighbor that is not up. The one that the file named before has never had it.

config:
  {
    "services": {
      "web": {
        "prefixes": ["9.9.9.9/32"],
        "next_hop": "172.16.156.70", "neighbors": ["172.16.159.4"],
        "levels": [{"name": "up", "when": {"backend": {"name": "http_back"}}}],
        "rise": 1,
        "warm_up": "2s"
      }
    }
  }

0 ms
  exabgp: neighbor 172.16.159.4 up
  exabgp: neighbor 172.16.159.5 down - peer reset
  haproxy lives: http_back 2 of 2 up
  > log: info ExaBGP 4.2.21 answers
  > log: warn service web: not known yet, 'up' holds (http_back: 2 of 2 servers up), warming up: announcing 9.9.9.9/32 so in 2s if it goes on holding
  > log: info neighbor 172.16.159.4 up
  > log: info neighbor 172.16.159.5 down: peer reset
  > exabgp: system version

500 ms
  config:
    {
      "services": {
        "web": {
          "prefixes": ["9.9.9.9/32"],
          "next_hop": "172.16.156.70", "neighbors": ["172.16.159.5"],
          "levels": [{"name": "up", "when": {"backend": {"name": "http_back"}}}],
          "rise": 1,
          "warm_up": "2s"
        }
      }
    }

2000 ms
  > log: info service web: not known yet -> up (http_back: 2 of 2 servers up), announcing 9.9.9.9/32
  > log: warn 9.9.9.9/32 differs in ExaBGP from what was sent: no neighbor holds it; sending it again
  > exabgp: neighbor 172.16.159.5 announce route 9.9.9.9/32 next-hop 172.16.156.70
  > exabgp: show adj-rib out extensive
  > exabgp: neighbor 172.16.159.5 announce route 9.9.9.9/32 next-hop 172.16.156.70

9000 ms
  end
