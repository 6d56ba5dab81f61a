# ExaBGP 6: a neighbor that was up before the process began is taken out of exabgp.conf, and put back while its router is away. ExaBGP
# then holds a route for it, which does not mean that it is up.

config:
  {
    "read_back": "5s",
    "services": {
      "web": {
        "prefixes": ["9.9.9.9/32"],
        "next_hop": "172.16.156.70",
        "levels": [
          {"name": "up", "when": {"backend": {"name": "http_back", "min_percent": 100}}},
          {"name": "degraded", "med": 7, "when": {"backend": {"name": "http_back"}}}
        ],
        "rise": 1
      }
    }
  }

0 ms
  exabgp answers: JSON version 6.0.0
  exabgp answers: established 172.16.159.4
  exabgp answers: established 172.16.159.5
  exabgp answers: holds neighbor 172.16.159.4 local-ip 172.16.156.70 local-as 65010 peer-as 65515 router-id 172.16.156.70 family-allowed in-open ipv4 unicast 9.9.9.9/32 next-hop 172.16.156.70
  exabgp answers: holds neighbor 172.16.159.5 local-ip 172.16.156.70 local-as 65010 peer-as 65515 router-id 172.16.156.70 family-allowed in-open ipv4 unicast 9.9.9.9/32 next-hop 172.16.156.70
  haproxy lives: http_back 2 of 2 up
  > log: info ExaBGP 6.0.0 answers, in the grammar of its API version 6
  > log: info service web: not known yet -> up (http_back: 2 of 2 servers up), announcing 9.9.9.9/32
  > exabgp: system version
  > exabgp: peer * announce route 9.9.9.9/32 next-hop 172.16.156.70

200 ms
  > log: info neighbor 172.16.159.4 has been up since before this process started
  > log: info neighbor 172.16.159.5 has been up since before this process started
  > exabgp: peer list
  > exabgp: peer * routes list
  > exabgp: peer list

400 ms
  > exabgp: peer list

5200 ms
  > exabgp: peer * routes list
  > exabgp: peer list

8000 ms
  exabgp: neighbor 172.16.159.5 down - stop, message [removed]
  exabgp answers: JSON version 6.0.0
  exabgp answers: established 172.16.159.4
  exabgp answers: holds neighbor 172.16.159.4 local-ip 172.16.156.70 local-as 65010 peer-as 65515 router-id 172.16.156.70 family-allowed in-open ipv4 unicast 9.9.9.9/32 next-hop 172.16.156.70
  > log: info neighbor 172.16.159.5 is not in exabgp.conf any more

10200 ms
  > exabgp: peer * routes list
  > exabgp: peer list

15200 ms
  > exabgp: peer * routes list
  > exabgp: peer list

20000 ms
  haproxy lives: http_back 1 of 2 up
  exabgp answers: JSON version 6.0.0
  exabgp answers: established 172.16.159.4
  exabgp answers: idle 172.16.159.5
  exabgp answers: holds neighbor 172.16.159.4 local-ip 172.16.156.70 local-as 65010 peer-as 65515 router-id 172.16.156.70 family-allowed in-open ipv4 unicast 9.9.9.9/32 next-hop 172.16.156.70 med 7
  exabgp answers: holds neighbor 172.16.159.5 local-ip 172.16.156.70 local-as 65010 peer-as 65515 router-id 172.16.156.70 family-allowed in-open ipv4 unicast 9.9.9.9/32 next-hop 172.16.156.70 med 7

20003 ms
  > log: warn service web: up -> degraded (http_back: 1 of 2 servers up, 100 % wanted: backend02 DOWN L4CON), announcing 9.9.9.9/32 with another med
  > exabgp: peer * announce route 9.9.9.9/32 next-hop 172.16.156.70 med 7

20200 ms
  > exabgp: peer * routes list
  > exabgp: peer list

20203 ms
  > exabgp: peer list

25200 ms
  > log: info neighbor 172.16.159.5 is not up: ExaBGP has no session with it
  > exabgp: peer list
  > exabgp: peer * routes list
  > exabgp: peer list

30200 ms
  > exabgp: peer * routes list
  > exabgp: peer list

35200 ms
  > exabgp: peer list
  > exabgp: peer * routes list
  > exabgp: peer list

40000 ms
  end
