# Without neighbor-changes in exabgp.conf, ExaBGP reports no neighbor. One that is seen to be idle, and later to be established, is not
# called idle any more.

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
  exabgp answers: JSON version 6.0.0
  exabgp answers: established 172.16.159.4
  exabgp answers: idle 172.16.159.5
  exabgp answers: holds neighbor 172.16.159.4 local-ip 172.16.156.70 local-as 65010 peer-as 65515 router-id 172.16.156.70 family-allowed in-open ipv4 unicast 9.9.9.9/32 next-hop 172.16.156.70
  exabgp answers: holds neighbor 172.16.159.5 local-ip 172.16.156.70 local-as 65010 peer-as 65515 router-id 172.16.156.70 family-allowed in-open ipv4 unicast 9.9.9.9/32 next-hop 172.16.156.70
  haproxy: http_back 2 of 2 up
  > log: info ExaBGP 6.0.0 answers, in the grammar of its API version 6
  > log: info service web: not known yet -> up (http_back: 2 of 2 servers up), announcing 9.9.9.9/32
  > exabgp: system version
  > exabgp: peer * announce route 9.9.9.9/32 next-hop 172.16.156.70

200 ms
  > log: info neighbor 172.16.159.4 has been up since before this process started
  > log: info neighbor 172.16.159.5 is not up: ExaBGP has no session with it
  > exabgp: peer list
  > exabgp: peer * routes list
  > exabgp: peer list

400 ms
  > exabgp: peer list

5200 ms
  > exabgp: peer list

12000 ms
  exabgp answers: JSON version 6.0.0
  exabgp answers: established 172.16.159.4
  exabgp answers: established 172.16.159.5
  exabgp answers: holds neighbor 172.16.159.4 local-ip 172.16.156.70 local-as 65010 peer-as 65515 router-id 172.16.156.70 family-allowed in-open ipv4 unicast 9.9.9.9/32 next-hop 172.16.156.70
  exabgp answers: holds neighbor 172.16.159.5 local-ip 172.16.156.70 local-as 65010 peer-as 65515 router-id 172.16.156.70 family-allowed in-open ipv4 unicast 9.9.9.9/32 next-hop 172.16.156.70

15200 ms
  > log: info neighbor 172.16.159.5 is up and takes routes, and ExaBGP has not reported it: its api lines lack neighbor-changes, or came with a reload
  > exabgp: peer list
  > exabgp: peer 172.16.159.5 routes add route 9.9.9.9/32 next-hop 172.16.156.70
  > exabgp: peer * routes list
  > exabgp: peer list

15400 ms
  > exabgp: peer list

60000 ms
  end
