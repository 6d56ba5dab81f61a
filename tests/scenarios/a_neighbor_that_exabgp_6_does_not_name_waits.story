# ExaBGP 6 gives to every neighbor what is for one that it does not have: a route for a neighbor that it does not name waits, which is
# said, and goes out when exabgp.conf has it. What is for the other one goes its way.

config:
  {
    "services": {
      "late": {
        "prefixes": ["192.0.2.1/32"],
        "next_hop": "172.16.156.70",
        "neighbors": ["172.16.159.5"],
        "levels": [{"name": "up", "when": {"backend": {"name": "http_back"}}}],
        "rise": 1
      },
      "web": {
        "prefixes": ["9.9.9.9/32"],
        "next_hop": "172.16.156.70",
        "as_path": [65010],
        "neighbors": ["172.16.159.4"],
        "levels": [{"name": "up", "when": {"backend": {"name": "http_back"}}}],
        "rise": 1
      }
    }
  }

0 ms
  exabgp answers: JSON version 6.0.0
  exabgp answers: established 172.16.159.4
  exabgp answers: holds neighbor 172.16.159.4 local-ip 172.16.156.70 local-as 65010 peer-as 65515 router-id 172.16.156.70 family-allowed in-open ipv4 unicast 9.9.9.9/32 next-hop 172.16.156.70 as-path ( 65010 )
  haproxy: http_back 2 of 2 up
  > log: info ExaBGP 6.0.0 answers, in the grammar of its API version 6
  > log: warn ExaBGP has no neighbor 172.16.159.5, so nothing is said to it until it has; exabgp.conf must have it, or 'neighbors' must not name it
  > log: info service late: not known yet -> up (http_back: 2 of 2 servers up), announcing 192.0.2.1/32
  > log: info service web: not known yet -> up (http_back: 2 of 2 servers up), announcing 9.9.9.9/32
  > exabgp: system version
  > exabgp: peer list

200 ms
  > log: info neighbor 172.16.159.4 has been up since before this process started
  > exabgp: peer 172.16.159.4 routes add route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]
  > exabgp: peer * routes list
  > exabgp: peer list

400 ms
  > exabgp: peer list

1000 ms
  > exabgp: peer list

1500 ms
  exabgp answers: JSON version 6.0.0
  exabgp answers: established 172.16.159.4
  exabgp answers: holds neighbor 172.16.159.4 local-ip 172.16.156.70 local-as 65010 peer-as 65515 router-id 172.16.156.70 family-allowed in-open ipv4 unicast 9.9.9.9/32 next-hop 172.16.156.70 as-path ( 65010 )
  exabgp answers: idle 172.16.159.5

3000 ms
  > exabgp: peer list
  > exabgp: peer 172.16.159.5 routes add route 192.0.2.1/32 next-hop 172.16.156.70

3200 ms
  > exabgp: peer list

5000 ms
  haproxy: http_back 0 of 2 up
  > log: warn service late: up -> down (http_back: 0 of 2 servers up: backend01 DOWN L4CON, backend02 DOWN L4CON), withdrawing 192.0.2.1/32
  > log: warn service web: up -> down (http_back: 0 of 2 servers up: backend01 DOWN L4CON, backend02 DOWN L4CON), withdrawing 9.9.9.9/32
  > exabgp: peer 172.16.159.4 routes remove route 9.9.9.9/32
  > exabgp: peer 172.16.159.5 routes remove route 192.0.2.1/32

7000 ms
  end
