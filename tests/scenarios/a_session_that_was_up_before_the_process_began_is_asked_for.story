# ExaBGP repeats nothing to a new process: it asks who is established, and reads which of them hold its route. One neighbor falls, and other
# regions learn that the route is out, since the other one is up; then that one falls, too, and they learn that it is not.

config:
  {
    "haproxy": {"control": "/run/haproxy/control.sock"},
    "services": {
      "web": {
        "prefixes": ["9.9.9.9/32"],
        "next_hop": "172.16.156.70",
        "as_path": [65010],
        "levels": [{"name": "up", "when": {"backend": {"name": "http_back"}}}],
        "rise": 1,
        "fall": 1,
        "drain": {"prepend": 3, "for": "500ms"}
      }
    }
  }

0 ms
  exabgp: neighbor 172.16.159.4 up
  exabgp: neighbor 172.16.159.5 up
  haproxy lives: http_back 2 of 2 up
  > log: info ExaBGP 4.2.21 answers
  > log: info service web: not known yet -> up (http_back: 2 of 2 servers up), announcing 9.9.9.9/32
  > log: info neighbor 172.16.159.4 up
  > log: info neighbor 172.16.159.5 up
  > exabgp: system version
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]

3 ms
  > haproxy: proc.draining Flag(false)

203 ms
  > haproxy: proc.announced_until Until(3s)

2000 ms
  killed and started again
  exabgp answers: established 172.16.159.4
  exabgp answers: established 172.16.159.5
  exabgp answers: established 192.0.2.7
  exabgp answers: holds neighbor 172.16.159.4 local-ip 172.16.156.70 local-as 65010 peer-as 65515 router-id 172.16.156.70 family-allowed in-open ipv4 unicast 9.9.9.9/32 next-hop 172.16.156.70 origin igp as-path [ 65010 ]
  exabgp answers: holds neighbor 172.16.159.5 local-ip 172.16.156.70 local-as 65010 peer-as 65515 router-id 172.16.156.70 family-allowed in-open ipv4 unicast 9.9.9.9/32 next-hop 172.16.156.70 origin igp as-path [ 65010 ]
  > log: info ExaBGP 4.2.21 answers
  > exabgp: system version

2003 ms
  > log: info service web: not known yet -> up (http_back: 2 of 2 servers up), announcing 9.9.9.9/32
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]

2200 ms
  > log: info neighbor 172.16.159.4 has been up since before this process started
  > log: info neighbor 172.16.159.5 has been up since before this process started
  > exabgp: show neighbor summary
  > exabgp: show adj-rib out extensive
  > exabgp: show neighbor summary

4000 ms
  exabgp: neighbor 172.16.159.5 down - peer reset
  > log: info neighbor 172.16.159.5 down: peer reset

8000 ms
  exabgp: neighbor 172.16.159.4 down - peer reset
  > log: info neighbor 172.16.159.4 down: peer reset
  > haproxy: proc.announced_until Flag(false)

12000 ms
  end
