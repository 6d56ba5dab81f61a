# The route was withdrawn from a neighbor, which the file names no more after the process was started again.

config:
  {
    "services": {
      "web": {
        "prefixes": ["9.9.9.9/32"],
        "next_hop": "172.16.156.70", "neighbors": ["172.16.159.4"],
        "levels": [{"name": "up", "when": {"backend": {"name": "http_back"}}}],
        "rise": 1
      }
    }
  }

0 ms
  exabgp: neighbor 172.16.159.4 up
  exabgp: neighbor 172.16.159.5 down - peer reset
  haproxy lives: http_back 2 of 2 up
  > log: info ExaBGP 4.2.21 answers
  > log: info service web: not known yet -> up (http_back: 2 of 2 servers up), announcing 9.9.9.9/32
  > log: info neighbor 172.16.159.4 up
  > log: info neighbor 172.16.159.5 down: peer reset
  > exabgp: system version
  > exabgp: neighbor 172.16.159.4 announce route 9.9.9.9/32 next-hop 172.16.156.70

2000 ms
  haproxy lives: http_back 0 of 2 up

2003 ms
  > log: warn service web: up -> down (http_back: 0 of 2 servers up: backend01 DOWN L4CON, backend02 DOWN L4CON), withdrawing 9.9.9.9/32
  > exabgp: neighbor 172.16.159.4 withdraw route 9.9.9.9/32

5000 ms
  haproxy lives: http_back 2 of 2 up
  config:
    {
      "services": {
        "web": {
          "prefixes": ["9.9.9.9/32"],
          "next_hop": "172.16.156.70", "neighbors": ["172.16.159.5"],
          "levels": [{"name": "up", "when": {"backend": {"name": "http_back"}}}],
          "rise": 1
        }
      }
    }
  killed and started again
  exabgp answers: established 172.16.159.4
  exabgp: neighbor 172.16.159.5 down - peer reset
  > log: info neighbor 172.16.159.5 down: peer reset
  > log: info ExaBGP 4.2.21 answers
  > exabgp: system version

5003 ms
  > log: info service web: not known yet -> up (http_back: 2 of 2 servers up), announcing 9.9.9.9/32
  > exabgp: neighbor 172.16.159.5 announce route 9.9.9.9/32 next-hop 172.16.156.70

5200 ms
  > log: warn 9.9.9.9/32 differs in ExaBGP from what was sent: no neighbor holds it; sending it again
  > exabgp: show neighbor summary
  > exabgp: show adj-rib out extensive
  > exabgp: neighbor 172.16.159.5 announce route 9.9.9.9/32 next-hop 172.16.156.70

30000 ms
  end
