# A neighbor is taken out of exabgp.conf while its session is down, which is told to nobody, and put back with what it held: the route that
# was withdrawn meanwhile is withdrawn from it when it comes up, also where that was so at the last reading.

config:
  {
    "read_back": "1h",
    "services": {
      "web": {
        "prefixes": ["9.9.9.9/32"],
        "next_hop": "172.16.156.70",
        "as_path": [65010],
        "levels": [{"name": "up", "when": {"backend": {"name": "http_back"}}}],
        "rise": 1, "fall": 1
      }
    }
  }

0 ms
  exabgp answers: version 4.2.21
  exabgp answers: holds neighbor 172.16.159.5 local-ip 172.16.156.70 local-as 65010 peer-as 65515 router-id 172.16.156.70 family-allowed in-open ipv4 unicast 9.9.9.9/32 next-hop 172.16.156.70 as-path ( 65010 )
  exabgp: neighbor 172.16.159.5 up
  haproxy: http_back 2 of 2 up
  > log: info ExaBGP 4.2.21 answers
  > log: info service web: not known yet -> up (http_back: 2 of 2 servers up), announcing 9.9.9.9/32
  > log: info neighbor 172.16.159.5 up
  > exabgp: system version
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]

2000 ms
  exabgp: neighbor 172.16.159.5 down - closing connection
  > log: info neighbor 172.16.159.5 down: closing connection

3000 ms
  haproxy: http_back: backend01 DOWN L7STS, backend02 MAINT
  > log: warn service web: up -> down (http_back: 0 of 2 servers up: backend01 DOWN L7STS, backend02 MAINT), withdrawing 9.9.9.9/32
  > exabgp: withdraw route 9.9.9.9/32

5000 ms
  exabgp: neighbor 172.16.159.5 up
  > log: info neighbor 172.16.159.5 up

5200 ms
  > log: warn 9.9.9.9/32 differs in ExaBGP from what was sent: neighbor 172.16.159.5 holds it, though it was withdrawn; sending it again
  > exabgp: show adj-rib out extensive
  > exabgp: withdraw route 9.9.9.9/32

10000 ms
  haproxy: http_back 2 of 2 up
  > log: info service web: down -> up (http_back: 2 of 2 servers up), announcing 9.9.9.9/32
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]

40000 ms
  exabgp: neighbor 172.16.159.5 down - closing connection
  > log: info neighbor 172.16.159.5 down: closing connection

42000 ms
  haproxy: http_back: backend01 DOWN L7STS, backend02 MAINT
  > log: warn service web: up -> down (http_back: 0 of 2 servers up: backend01 DOWN L7STS, backend02 MAINT), withdrawing 9.9.9.9/32
  > exabgp: withdraw route 9.9.9.9/32

45000 ms
  exabgp: neighbor 172.16.159.5 up
  > log: info neighbor 172.16.159.5 up

45200 ms
  > exabgp: show adj-rib out extensive
  > exabgp: withdraw route 9.9.9.9/32

50000 ms
  end
