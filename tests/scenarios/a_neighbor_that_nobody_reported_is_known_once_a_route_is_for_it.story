# Two neighbors have been up since before the process began, and the route was for one of them. Once it is for both, the other one is known
# by what ExaBGP holds for it.

config:
  {
    "read_back": "5s",
    "services": {
      "web": {
        "prefixes": ["9.9.9.9/32"],
        "next_hop": "172.16.156.70",
        "as_path": [65010],
        "levels": [{"name": "up", "when": {"backend": {"name": "http_back"}}}],
        "neighbors": ["172.16.159.4"]
      }
    }
  }

0 ms
  exabgp answers: established 172.16.159.4
  exabgp answers: established 172.16.159.5
  exabgp answers: holds neighbor 172.16.159.4 local-ip 172.16.156.70 local-as 65010 peer-as 65515 router-id 172.16.156.70 family-allowed in-open ipv4 unicast 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]
  haproxy lives: http_back 2 of 2 up
  > log: info ExaBGP 4.2.21 answers
  > exabgp: system version

103 ms
  > log: info service web: not known yet -> up (http_back: 2 of 2 servers up), announcing 9.9.9.9/32
  > exabgp: neighbor 172.16.159.4 announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]

200 ms
  > log: info neighbor 172.16.159.4 has been up since before this process started
  > exabgp: show neighbor summary
  > exabgp: show adj-rib out extensive
  > exabgp: show neighbor summary

5200 ms
  > exabgp: show adj-rib out extensive
  > exabgp: show neighbor summary

8000 ms
  config:
    {
      "read_back": "5s",
      "services": {
        "web": {
          "prefixes": ["9.9.9.9/32"],
          "next_hop": "172.16.156.70",
          "as_path": [65010],
          "levels": [{"name": "up", "when": {"backend": {"name": "http_back"}}}]
        }
      }
    }
  exabgp answers: established 172.16.159.4
  exabgp answers: established 172.16.159.5
  exabgp answers: holds neighbor 172.16.159.4 local-ip 172.16.156.70 local-as 65010 peer-as 65515 router-id 172.16.156.70 family-allowed in-open ipv4 unicast 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]
  exabgp answers: holds neighbor 172.16.159.5 local-ip 172.16.156.70 local-as 65010 peer-as 65515 router-id 172.16.156.70 family-allowed in-open ipv4 unicast 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]
  > log: info service web: edited, announcing 9.9.9.9/32 to every neighbor (was 172.16.159.4)
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]

10200 ms
  > log: info neighbor 172.16.159.5 has been up since before this process started
  > exabgp: show adj-rib out extensive
  > exabgp: show neighbor summary

15200 ms
  > exabgp: show adj-rib out extensive
  > exabgp: show neighbor summary

20000 ms
  end
