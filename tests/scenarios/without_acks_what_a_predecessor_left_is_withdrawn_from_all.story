# As where acknowledgements are on; without them the end of what ExaBGP holds is only guessed: the lines of another neighbor may still be on
# their way, and what that one has is withdrawn, too.

config:
  {
    "read_back": "0s",
    "services": {
      "web": {
        "prefixes": ["9.9.9.9/32"],
        "next_hop": "172.16.156.70",
        "as_path": [65010],
        "levels": [{"name": "up", "when": {"backend": {"name": "http_back"}}}],
        "rise": 1,
        "siblings": {"urls": ["http://172.16.136.70/health"], "last_standing": {"prepend": 6}}
      }
    }
  }

0 ms
  exabgp answers: no acks
  exabgp: neighbor 172.16.159.4 up
  probe lives http http://172.16.136.70/health: no 503
  haproxy lives: http_back 2 of 2 up
  > log: info ExaBGP 4.2.21 answers
  > log: info service web: not known yet -> up (http_back: 2 of 2 servers up), announcing 9.9.9.9/32
  > log: info neighbor 172.16.159.4 up
  > exabgp: system version

300 ms
  > log: warn ExaBGP acknowledges no commands (exabgp.api.ack is false), so a refused one is not noticed; set exabgp.api.ack to true
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]
  > exabgp: system version

2000 ms
  haproxy lives: http_back 0 of 2 up
  config:
    {
      "read_back": "0s",
      "services": {
        "web": {
          "prefixes": ["9.9.9.9/32"],
          "next_hop": "172.16.156.70", "neighbors": ["172.16.159.5"],
          "as_path": [65010],
          "levels": [{"name": "up", "when": {"backend": {"name": "http_back"}}}],
          "rise": 1,
          "siblings": {"urls": ["http://172.16.136.70/health"], "last_standing": {"prepend": 6}}
        }
      }
    }
  killed and started again
  exabgp answers: no acks
  exabgp answers: holds neighbor 172.16.159.4 local-ip 172.16.156.70 local-as 65010 peer-as 65515 router-id 172.16.156.70 family-allowed in-open ipv4 unicast 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]
  exabgp: neighbor 172.16.159.5 down - peer reset
  exabgp: neighbor 172.16.159.4 up
  exabgp: neighbor 172.16.159.6 up
  > log: info neighbor 172.16.159.5 down: peer reset
  > log: info neighbor 172.16.159.4 up
  > log: info neighbor 172.16.159.4 came up after changes, sending it every route again
  > log: info neighbor 172.16.159.6 up
  > log: info neighbor 172.16.159.6 came up after changes, sending it every route again
  > log: info ExaBGP 4.2.21 answers
  > exabgp: system version

2003 ms
  > log: warn service web: state unknown (http_back: 0 of 2 servers up: backend01 DOWN L4CON, backend02 DOWN L4CON; http http://172.16.136.70/health: not asked yet), waiting

2300 ms
  > log: warn ExaBGP acknowledges no commands (exabgp.api.ack is false), so a refused one is not noticed; set exabgp.api.ack to true

2503 ms
  > log: warn service web: not known yet -> last standing (http_back: 0 of 2 servers up: backend01 DOWN L4CON, backend02 DOWN L4CON; no sibling is known to be healthy: http http://172.16.136.70/health: 503), announcing 9.9.9.9/32
  > exabgp: neighbor 172.16.159.5 announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 65010 65010 65010 65010 65010 65010 ]
  > exabgp: system version

2506 ms
  > log: error service web: stays 'last standing' (http_back: 0 of 2 servers up: backend01 DOWN L4CON, backend02 DOWN L4CON; no sibling is known to be healthy: http http://172.16.136.70/health: 503), announcing 9.9.9.9/32

2703 ms
  > exabgp: show adj-rib out extensive
  > exabgp: system version

3703 ms
  > log: warn 9.9.9.9/32 differs in ExaBGP from what was sent: neighbor 172.16.159.5 does not hold it; sending it again
  > exabgp: neighbor 172.16.159.5 announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 65010 65010 65010 65010 65010 65010 ]
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 65010 65010 65010 65010 65010 65010 ]
  > exabgp: system version

12000 ms
  exabgp: neighbor 172.16.159.5 up
  > log: info neighbor 172.16.159.5 up
  > log: info neighbor 172.16.159.5 came up after changes, sending it every route again

12200 ms
  > exabgp: neighbor 172.16.159.5 announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 65010 65010 65010 65010 65010 65010 ] origin incomplete
  > exabgp: system version

12400 ms
  > exabgp: neighbor 172.16.159.5 announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 65010 65010 65010 65010 65010 65010 ]
  > exabgp: system version

12606 ms
  > exabgp: show adj-rib out extensive
  > exabgp: system version

13606 ms
  > log: warn 9.9.9.9/32 differs in ExaBGP from what was sent: neighbor 172.16.159.4 holds it with another as-path; sending it again
  > exabgp: neighbor 172.16.159.4, neighbor 172.16.159.6 withdraw route 9.9.9.9/32
  > exabgp: system version

20000 ms
  end
