# ExaBGP 6: an edit gives the route to a neighbor that exabgp.conf has, and whose router is away since before the process began. The old one
# keeps the route until the new one is up, also where nothing was read of what ExaBGP holds for it.

config:
  {
    "read_back": "60s",
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
  exabgp answers: JSON version 6.0.0
  exabgp answers: established 172.16.159.4
  exabgp answers: idle 172.16.159.5
  exabgp answers: holds neighbor 172.16.159.4 local-ip 172.16.156.70 local-as 65010 peer-as 65515 router-id 172.16.156.70 family-allowed in-open ipv4 unicast 9.9.9.9/32 next-hop 172.16.156.70
  exabgp: neighbor 172.16.159.4 up
  haproxy lives: http_back 2 of 2 up
  > log: info ExaBGP 6.0.0 answers, in the grammar of its API version 6
  > log: info service web: not known yet -> up (http_back: 2 of 2 servers up), announcing 9.9.9.9/32
  > log: info neighbor 172.16.159.4 up
  > exabgp: system version
  > exabgp: peer list

200 ms
  > exabgp: peer 172.16.159.4 routes add route 9.9.9.9/32 next-hop 172.16.156.70

400 ms
  > exabgp: peer list

5400 ms
  > exabgp: peer list
  > exabgp: peer * routes list
  > exabgp: peer list

21000 ms
  config:
    {
      "read_back": "60s",
      "services": {
        "web": {
          "prefixes": ["9.9.9.9/32"],
          "next_hop": "172.16.156.70", "neighbors": ["172.16.159.5"],
          "levels": [{"name": "up", "when": {"backend": {"name": "http_back"}}}],
          "rise": 1
        }
      }
    }
  exabgp answers: JSON version 6.0.0
  exabgp answers: established 172.16.159.4
  exabgp answers: idle 172.16.159.5
  exabgp answers: holds neighbor 172.16.159.4 local-ip 172.16.156.70 local-as 65010 peer-as 65515 router-id 172.16.156.70 family-allowed in-open ipv4 unicast 9.9.9.9/32 next-hop 172.16.156.70
  exabgp answers: holds neighbor 172.16.159.5 local-ip 172.16.156.70 local-as 65010 peer-as 65515 router-id 172.16.156.70 family-allowed in-open ipv4 unicast 9.9.9.9/32 next-hop 172.16.156.70
  > log: info service web: edited, announcing 9.9.9.9/32 to 172.16.159.5 (was 172.16.159.4)
  > exabgp: peer 172.16.159.5 routes add route 9.9.9.9/32 next-hop 172.16.156.70

21200 ms
  > exabgp: peer list

26000 ms
  > exabgp: peer list

36000 ms
  > exabgp: peer list

50000 ms
  exabgp: neighbor 172.16.159.5 up
  exabgp answers: JSON version 6.0.0
  exabgp answers: established 172.16.159.4
  exabgp answers: established 172.16.159.5
  exabgp answers: holds neighbor 172.16.159.4 local-ip 172.16.156.70 local-as 65010 peer-as 65515 router-id 172.16.156.70 family-allowed in-open ipv4 unicast 9.9.9.9/32 next-hop 172.16.156.70
  exabgp answers: holds neighbor 172.16.159.5 local-ip 172.16.156.70 local-as 65010 peer-as 65515 router-id 172.16.156.70 family-allowed in-open ipv4 unicast 9.9.9.9/32 next-hop 172.16.156.70
  > log: info neighbor 172.16.159.5 up
  > exabgp: peer 172.16.159.4 routes remove route 9.9.9.9/32

50300 ms
  > exabgp: peer * routes list
  > exabgp: peer list

60000 ms
  end
