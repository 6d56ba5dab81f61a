# ExaBGP 6 says nothing of attempts that fail. Who is not named among the established, and was never reported, is not up: the page does not
# say that the route is out, and the question is put again, in case nobody reports.

config:
  {
    "haproxy": {"control": "/run/haproxy/control.sock"},
    "services": {
      "web": {
        "prefixes": ["9.9.9.9/32"],
        "next_hop": "172.16.156.70",
        "as_path": [65010],
        "neighbors": ["172.16.159.5"],
        "levels": [{"name": "up", "when": {"backend": {"name": "http_back"}}}],
        "rise": 1,
        "fall": 1
      }
    }
  }

0 ms
  exabgp answers: established 172.16.159.4
  exabgp answers: holds neighbor 172.16.159.5 local-ip 172.16.156.70 local-as 65010 peer-as 65515 router-id 172.16.156.70 family-allowed in-open ipv4 unicast 9.9.9.9/32 next-hop 172.16.156.70 origin igp as-path [ 65010 ]
  haproxy lives: http_back 2 of 2 up
  > log: info ExaBGP 4.2.21 answers
  > log: info service web: not known yet -> up (http_back: 2 of 2 servers up), announcing 9.9.9.9/32
  > exabgp: system version
  > exabgp: neighbor 172.16.159.5 announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]

3 ms
  > haproxy: proc.draining Flag(false)

200 ms
  > exabgp: show neighbor summary
  > exabgp: show adj-rib out extensive
  > exabgp: show neighbor summary

203 ms
  > haproxy: proc.announced_until Flag(false)

5200 ms
  > exabgp: show neighbor summary

11000 ms
  exabgp answers: established 172.16.159.4
  exabgp answers: holds neighbor 172.16.159.5 local-ip 172.16.156.70 local-as 65010 peer-as 65515 router-id 172.16.156.70 family-allowed in-open ipv4 unicast 9.9.9.9/32 next-hop 172.16.156.70 origin igp as-path [ 65010 ]
  exabgp answers: established 172.16.159.5
  exabgp answers: holds neighbor 172.16.159.5 local-ip 172.16.156.70 local-as 65010 peer-as 65515 router-id 172.16.156.70 family-allowed in-open ipv4 unicast 9.9.9.9/32 next-hop 172.16.156.70 origin igp as-path [ 65010 ]

15200 ms
  > exabgp: show neighbor summary

15203 ms
  > haproxy: proc.announced_until Until(3s)

17000 ms
  end
