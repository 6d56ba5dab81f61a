# A session comes up while an edit gives a route to one neighbor alone, with another path: ExaBGP holds the old one for that neighbor, though
# under the old selection, and sends both in an order of its own.

config:
  {
    "read_back": "0s",
    "services": {
      "web": {
        "prefixes": ["9.9.9.9/32"],
        "next_hop": "172.16.156.70",
        "as_path": [65010],
        "levels": [{"name": "up", "when": {"backend": {"name": "http_back"}}}],
        "rise": 1
      }
    }
  }

0 ms
  exabgp: neighbor 172.16.159.5 up
  haproxy lives: http_back 2 of 2 up
  > log: info ExaBGP 4.2.21 answers
  > log: info service web: not known yet -> up (http_back: 2 of 2 servers up), announcing 9.9.9.9/32
  > log: info neighbor 172.16.159.5 up
  > exabgp: system version
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]

2000 ms
  exabgp: neighbor 172.16.159.5 down - closing connection
  > log: info neighbor 172.16.159.5 down: closing connection

4000 ms
  exabgp: neighbor 172.16.159.5 up
  > log: info neighbor 172.16.159.5 up

4050 ms
  config:
    {
      "read_back": "0s",
      "services": {
        "web": {
          "prefixes": ["9.9.9.9/32"],
          "next_hop": "172.16.156.70",
          "as_path": [65010, 65010],
          "levels": [{"name": "up", "when": {"backend": {"name": "http_back"}}}],
          "rise": 1,
          "neighbors": ["172.16.159.5"]
        }
      }
    }
  > log: warn 9.9.9.9/32 differs in ExaBGP from what was sent: no neighbor holds it; sending it again
  > exabgp: neighbor 172.16.159.5 announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 65010 ]
  > exabgp: show adj-rib out extensive
  > exabgp: neighbor 172.16.159.5 announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 65010 ]

4200 ms
  > exabgp: neighbor 172.16.159.5 announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 65010 ] origin incomplete
  > exabgp: neighbor 172.16.159.5 announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 65010 ]

9000 ms
  end
