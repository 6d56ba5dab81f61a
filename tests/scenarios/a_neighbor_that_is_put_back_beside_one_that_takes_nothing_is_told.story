# A neighbor is taken out of exabgp.conf and put back beside one that does not take the prefix, as its families are others:
# that the one lacks it is known, and that the other does is news, also where its session does not come up.

config:
  {
    "read_back": "5s",
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
  exabgp answers: version 5.0.15
  exabgp answers: holds neighbor 172.16.159.5 local-ip 172.16.156.70 local-as 65010 peer-as 65515 router-id 172.16.156.70 family-allowed in-open ipv4 unicast 9.9.9.9/32 next-hop 172.16.156.70 as-path ( 65010 )
  exabgp answers: holds neighbor 172.16.159.6 local-ip 172.16.156.70 local-as 65010 peer-as 65515 router-id 172.16.156.70 family-allowed in-open ipv4 unicast 9.9.9.9/32 next-hop 172.16.156.70 as-path ( 65010 )
  exabgp: neighbor 172.16.159.4 up
  exabgp: neighbor 172.16.159.5 up
  exabgp: neighbor 172.16.159.6 up
  haproxy: http_back 2 of 2 up
  > log: info ExaBGP 5.0.15 answers
  > log: info service web: not known yet -> up (http_back: 2 of 2 servers up), announcing 9.9.9.9/32
  > log: info neighbor 172.16.159.4 up
  > log: info neighbor 172.16.159.5 up
  > log: info neighbor 172.16.159.6 up
  > exabgp: system version
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]

5000 ms
  > log: warn 9.9.9.9/32 differs in ExaBGP from what was sent: neighbor 172.16.159.4 does not hold it; sending it again
  > exabgp: show adj-rib out extensive
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]

10000 ms
  > exabgp: show adj-rib out extensive

12000 ms
  exabgp answers: version 5.0.15
  exabgp answers: holds neighbor 172.16.159.6 local-ip 172.16.156.70 local-as 65010 peer-as 65515 router-id 172.16.156.70 family-allowed in-open ipv4 unicast 9.9.9.9/32 next-hop 172.16.156.70 as-path ( 65010 )
  exabgp: neighbor 172.16.159.5 down - message [removed]
  > log: info neighbor 172.16.159.5 is not in exabgp.conf any more

13000 ms
  exabgp: neighbor 172.16.159.5 up
  > log: info neighbor 172.16.159.5 up
  > log: info neighbor 172.16.159.5 came up after changes, sending it every route again

13200 ms
  > log: info 9.9.9.9/32: neighbor 172.16.159.5 does not hold it as it comes up, sending it again
  > exabgp: neighbor 172.16.159.5 flush adj-rib out
  > exabgp: show adj-rib out extensive
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]

18200 ms
  > exabgp: show adj-rib out extensive

20000 ms
  exabgp answers: version 5.0.15
  exabgp answers: holds neighbor 172.16.159.5 local-ip 172.16.156.70 local-as 65010 peer-as 65515 router-id 172.16.156.70 family-allowed in-open ipv4 unicast 9.9.9.9/32 next-hop 172.16.156.70 as-path ( 65010 )
  exabgp answers: holds neighbor 172.16.159.6 local-ip 172.16.156.70 local-as 65010 peer-as 65515 router-id 172.16.156.70 family-allowed in-open ipv4 unicast 9.9.9.9/32 next-hop 172.16.156.70 as-path ( 65010 )

23200 ms
  > exabgp: show adj-rib out extensive

26000 ms
  exabgp answers: version 5.0.15
  exabgp answers: holds neighbor 172.16.159.6 local-ip 172.16.156.70 local-as 65010 peer-as 65515 router-id 172.16.156.70 family-allowed in-open ipv4 unicast 9.9.9.9/32 next-hop 172.16.156.70 as-path ( 65010 )

28200 ms
  > log: warn 9.9.9.9/32 differs in ExaBGP from what was sent: neighbor 172.16.159.5 does not hold it; sending it again
  > exabgp: show adj-rib out extensive
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]

30000 ms
  end
