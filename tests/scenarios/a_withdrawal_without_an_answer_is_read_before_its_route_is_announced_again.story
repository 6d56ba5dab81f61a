# The withdrawal of a route has no answer, and an edit gives the route to a neighbor that is not up, before its service is up again. What
# the old one may still have is read: it has nothing, and nothing is announced to it.

config:
  {
    "read_back": "0s",
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
  exabgp answers: nothing
  haproxy lives: http_back 0 of 2 up

2003 ms
  > log: warn service web: up -> down (http_back: 0 of 2 servers up: backend01 DOWN L4CON, backend02 DOWN L4CON), withdrawing 9.9.9.9/32
  > exabgp: neighbor 172.16.159.4 withdraw route 9.9.9.9/32

3003 ms
  > log: warn ExaBGP has not answered 1 command(s) for 1 s; asking whether it still runs
  > exabgp: system version

6003 ms
  > log: warn ExaBGP is not answering; the latest state will be sent when it does

10000 ms
  haproxy lives: http_back 2 of 2 up
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
  > log: info service web: down -> up (http_back: 2 of 2 servers up), announcing 9.9.9.9/32

12000 ms
  exabgp answers: holds neighbor 172.16.159.5 local-ip 172.16.156.70 local-as 65010 peer-as 65515 router-id 172.16.156.70 family-allowed in-open ipv4 unicast 9.9.9.9/32 next-hop 172.16.156.70
  exabgp: done
  exabgp: exabgp 4.2.21
  exabgp: done
  > log: info ExaBGP answers again after 9 s
  > exabgp: neighbor 172.16.159.5 announce route 9.9.9.9/32 next-hop 172.16.156.70

12200 ms
  > exabgp: show adj-rib out extensive

40000 ms
  end
