# The route was for all neighbors, and an edit gives it to one of them before ExaBGP and the process are started again. That one is not
# up yet, and all that ExaBGP holds is what it was told for it: the other one has nothing, and gets nothing.

config:
  {
    "read_back": "0s",
    "services": {
      "web": {
        "prefixes": ["9.9.9.9/32"],
        "next_hop": "172.16.156.70",
        "levels": [{"name": "up", "when": {"backend": {"name": "http_back"}}}],
        "rise": 1
      }
    }
  }

0 ms
  exabgp: neighbor 172.16.159.4 up
  exabgp: neighbor 172.16.159.5 up
  haproxy lives: http_back 2 of 2 up
  > log: info ExaBGP 4.2.21 answers
  > log: info service web: not known yet -> up (http_back: 2 of 2 servers up), announcing 9.9.9.9/32
  > log: info neighbor 172.16.159.4 up
  > log: info neighbor 172.16.159.5 up
  > exabgp: system version
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70

2000 ms
  config:
    {
      "read_back": "0s",
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
  exabgp answers: holds neighbor 172.16.159.5 local-ip 172.16.156.70 local-as 65010 peer-as 65515 router-id 172.16.156.70 family-allowed in-open ipv4 unicast 9.9.9.9/32 next-hop 172.16.156.70
  exabgp: neighbor 172.16.159.5 down - peer reset
  exabgp: neighbor 172.16.159.4 up
  > log: info neighbor 172.16.159.5 down: peer reset
  > log: info neighbor 172.16.159.4 up
  > log: info neighbor 172.16.159.4 came up after changes, sending it every route again
  > log: info ExaBGP 4.2.21 answers
  > exabgp: system version

2003 ms
  > log: info service web: not known yet -> up (http_back: 2 of 2 servers up), announcing 9.9.9.9/32
  > exabgp: neighbor 172.16.159.5 announce route 9.9.9.9/32 next-hop 172.16.156.70

2200 ms
  > exabgp: show neighbor summary
  > exabgp: show adj-rib out extensive

12000 ms
  end
