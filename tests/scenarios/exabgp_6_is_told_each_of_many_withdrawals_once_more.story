# Seventeen routes are withdrawn while what was announced of them may be on its way, which is one more than go out at a time: each is
# said once more when all is sent, and a last time a second later.

config:
  {
    "read_back": "0s",
    "services": {
      "web": {
        "prefixes": ["192.0.2.1/32", "192.0.2.2/32", "192.0.2.3/32", "192.0.2.4/32", "192.0.2.5/32", "192.0.2.6/32", "192.0.2.7/32", "192.0.2.8/32", "192.0.2.9/32", "192.0.2.10/32", "192.0.2.11/32", "192.0.2.12/32", "192.0.2.13/32", "192.0.2.14/32", "192.0.2.15/32", "192.0.2.16/32", "192.0.2.17/32"],
        "next_hop": "172.16.156.70",
        "levels": [{"name": "up", "when": {"backend": {"name": "http_back"}}}],
        "rise": 1
      }
    }
  }

0 ms
  exabgp answers: JSON version 6.0.0
  exabgp answers: established 172.16.159.4
  haproxy: http_back 0 of 2 up
  > log: info ExaBGP 6.0.0 answers, in the grammar of its API version 6
  > log: warn service web: not known yet -> down (http_back: 0 of 2 servers up: backend01 DOWN L4CON, backend02 DOWN L4CON), withdrawing 192.0.2.1/32, 192.0.2.2/32, 192.0.2.3/32, 192.0.2.4/32, 192.0.2.5/32 and 12 more
  > exabgp: system version
  > exabgp: peer * withdraw route 192.0.2.1/32
  > exabgp: peer * withdraw route 192.0.2.2/32
  > exabgp: peer * withdraw route 192.0.2.3/32
  > exabgp: peer * withdraw route 192.0.2.4/32
  > exabgp: peer * withdraw route 192.0.2.5/32
  > exabgp: peer * withdraw route 192.0.2.6/32
  > exabgp: peer * withdraw route 192.0.2.7/32
  > exabgp: peer * withdraw route 192.0.2.8/32
  > exabgp: peer * withdraw route 192.0.2.9/32
  > exabgp: peer * withdraw route 192.0.2.10/32
  > exabgp: peer * withdraw route 192.0.2.11/32
  > exabgp: peer * withdraw route 192.0.2.12/32
  > exabgp: peer * withdraw route 192.0.2.13/32
  > exabgp: peer * withdraw route 192.0.2.14/32
  > exabgp: peer * withdraw route 192.0.2.15/32
  > exabgp: peer * withdraw route 192.0.2.16/32

200 ms
  > exabgp: peer * withdraw route 192.0.2.17/32

1000 ms
  haproxy: http_back 2 of 2 up
  > log: info service web: down -> up (http_back: 2 of 2 servers up), announcing 192.0.2.1/32, 192.0.2.2/32, 192.0.2.3/32, 192.0.2.4/32, 192.0.2.5/32 and 12 more
  > log: warn 192.0.2.1/32 differs in ExaBGP from what was sent: no neighbor holds it; sending it again
  > log: warn 192.0.2.2/32 differs in ExaBGP from what was sent: no neighbor holds it; sending it again
  > log: warn 192.0.2.3/32 differs in ExaBGP from what was sent: no neighbor holds it; sending it again
  > log: warn 192.0.2.4/32 differs in ExaBGP from what was sent: no neighbor holds it; sending it again
  > log: warn 192.0.2.5/32 differs in ExaBGP from what was sent: no neighbor holds it; sending it again
  > log: warn 12 more differ in ExaBGP from what was sent; sending them again
  > exabgp: peer * announce route 192.0.2.1/32 next-hop 172.16.156.70
  > exabgp: peer * announce route 192.0.2.2/32 next-hop 172.16.156.70
  > exabgp: peer * announce route 192.0.2.3/32 next-hop 172.16.156.70
  > exabgp: peer * announce route 192.0.2.4/32 next-hop 172.16.156.70
  > exabgp: peer * announce route 192.0.2.5/32 next-hop 172.16.156.70
  > exabgp: peer * announce route 192.0.2.6/32 next-hop 172.16.156.70
  > exabgp: peer * announce route 192.0.2.7/32 next-hop 172.16.156.70
  > exabgp: peer * announce route 192.0.2.8/32 next-hop 172.16.156.70
  > exabgp: peer * announce route 192.0.2.9/32 next-hop 172.16.156.70
  > exabgp: peer * announce route 192.0.2.10/32 next-hop 172.16.156.70
  > exabgp: peer * announce route 192.0.2.11/32 next-hop 172.16.156.70
  > exabgp: peer * announce route 192.0.2.12/32 next-hop 172.16.156.70
  > exabgp: peer * announce route 192.0.2.13/32 next-hop 172.16.156.70
  > exabgp: peer * announce route 192.0.2.14/32 next-hop 172.16.156.70
  > exabgp: peer * announce route 192.0.2.15/32 next-hop 172.16.156.70
  > exabgp: peer * announce route 192.0.2.16/32 next-hop 172.16.156.70
  > exabgp: peer * announce route 192.0.2.17/32 next-hop 172.16.156.70
  > exabgp: peer list
  > exabgp: peer * routes list
  > exabgp: peer list

1050 ms
  haproxy: http_back 0 of 2 up
  > log: warn service web: up -> down (http_back: 0 of 2 servers up: backend01 DOWN L4CON, backend02 DOWN L4CON), withdrawing 192.0.2.1/32, 192.0.2.2/32, 192.0.2.3/32, 192.0.2.4/32, 192.0.2.5/32 and 12 more
  > exabgp: peer * withdraw route 192.0.2.1/32
  > exabgp: peer * withdraw route 192.0.2.2/32
  > exabgp: peer * withdraw route 192.0.2.3/32
  > exabgp: peer * withdraw route 192.0.2.4/32
  > exabgp: peer * withdraw route 192.0.2.5/32
  > exabgp: peer * withdraw route 192.0.2.6/32
  > exabgp: peer * withdraw route 192.0.2.7/32
  > exabgp: peer * withdraw route 192.0.2.8/32
  > exabgp: peer * withdraw route 192.0.2.9/32
  > exabgp: peer * withdraw route 192.0.2.10/32
  > exabgp: peer * withdraw route 192.0.2.11/32
  > exabgp: peer * withdraw route 192.0.2.12/32
  > exabgp: peer * withdraw route 192.0.2.13/32
  > exabgp: peer * withdraw route 192.0.2.14/32
  > exabgp: peer * withdraw route 192.0.2.15/32
  > exabgp: peer * withdraw route 192.0.2.16/32
  > exabgp: peer * withdraw route 192.0.2.17/32

1200 ms
  > exabgp: peer list

1250 ms
  > exabgp: peer * withdraw route 192.0.2.1/32
  > exabgp: peer * withdraw route 192.0.2.2/32
  > exabgp: peer * withdraw route 192.0.2.3/32
  > exabgp: peer * withdraw route 192.0.2.4/32
  > exabgp: peer * withdraw route 192.0.2.5/32
  > exabgp: peer * withdraw route 192.0.2.6/32
  > exabgp: peer * withdraw route 192.0.2.7/32
  > exabgp: peer * withdraw route 192.0.2.8/32
  > exabgp: peer * withdraw route 192.0.2.9/32
  > exabgp: peer * withdraw route 192.0.2.10/32
  > exabgp: peer * withdraw route 192.0.2.11/32
  > exabgp: peer * withdraw route 192.0.2.12/32
  > exabgp: peer * withdraw route 192.0.2.13/32
  > exabgp: peer * withdraw route 192.0.2.14/32
  > exabgp: peer * withdraw route 192.0.2.15/32
  > exabgp: peer * withdraw route 192.0.2.16/32
  > exabgp: peer * withdraw route 192.0.2.17/32

2250 ms
  > exabgp: peer * withdraw route 192.0.2.1/32
  > exabgp: peer * withdraw route 192.0.2.2/32
  > exabgp: peer * withdraw route 192.0.2.3/32
  > exabgp: peer * withdraw route 192.0.2.4/32
  > exabgp: peer * withdraw route 192.0.2.5/32
  > exabgp: peer * withdraw route 192.0.2.6/32
  > exabgp: peer * withdraw route 192.0.2.7/32
  > exabgp: peer * withdraw route 192.0.2.8/32
  > exabgp: peer * withdraw route 192.0.2.9/32
  > exabgp: peer * withdraw route 192.0.2.10/32
  > exabgp: peer * withdraw route 192.0.2.11/32
  > exabgp: peer * withdraw route 192.0.2.12/32
  > exabgp: peer * withdraw route 192.0.2.13/32
  > exabgp: peer * withdraw route 192.0.2.14/32
  > exabgp: peer * withdraw route 192.0.2.15/32
  > exabgp: peer * withdraw route 192.0.2.16/32
  > exabgp: peer * withdraw route 192.0.2.17/32

2400 ms
  end
