# A neighbor is added to exabgp.conf after changes. ExaBGP 5.0 holds nothing for it, so that a flush sends nothing: that is read, too.

config:
  {
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
  exabgp answers: version 5.0.15
  exabgp answers: holds neighbor 172.16.159.4 local-ip 172.16.156.70 local-as 65010 peer-as 65515 router-id 172.16.156.70 family-allowed in-open ipv4 unicast 9.9.9.9/32 next-hop 172.16.156.70
  exabgp: neighbor 172.16.159.4 up
  haproxy: http_back 2 of 2 up
  > log: info ExaBGP 5.0.15 answers
  > log: info service web: not known yet -> up (http_back: 2 of 2 servers up), announcing 9.9.9.9/32
  > log: info neighbor 172.16.159.4 up
  > exabgp: system version
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70

2000 ms
  haproxy: http_back: backend01 DOWN L7STS, backend02 DOWN L7STS
  > log: warn service web: up -> down (http_back: 0 of 2 servers up: backend01 DOWN L7STS, backend02 DOWN L7STS), withdrawing 9.9.9.9/32
  > exabgp: withdraw route 9.9.9.9/32

4000 ms
  haproxy: http_back 2 of 2 up
  > log: info service web: down -> up (http_back: 2 of 2 servers up), announcing 9.9.9.9/32
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70

40000 ms
  exabgp: neighbor 172.16.159.5 up
  > log: info neighbor 172.16.159.5 up
  > log: info neighbor 172.16.159.5 came up after changes, sending it every route again

40200 ms
  > log: info 9.9.9.9/32: neighbor 172.16.159.5 does not hold it as it comes up, sending it again
  > exabgp: neighbor 172.16.159.5 flush adj-rib out
  > exabgp: show adj-rib out extensive
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70

42000 ms
  end
