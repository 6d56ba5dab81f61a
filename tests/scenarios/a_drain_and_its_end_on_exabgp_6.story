# Drained and resumed on ExaBGP 6: the longer path, the withdrawal and the return are each said once, in its words.

config:
  {
    "services": {
      "web": {
        "prefixes": ["9.9.9.9/32"],
        "next_hop": "172.16.156.70",
        "as_path": [65010],
        "levels": [{"name": "up", "when": {"backend": {"name": "http_back"}}}],
        "rise": 1,
        "drain": {"prepend": 3, "for": "500ms"}
      }
    }
  }

0 ms
  exabgp answers: JSON version 6.0.0
  exabgp answers: established 172.16.159.4
  exabgp answers: holds neighbor 172.16.159.4 local-ip 172.16.156.70 local-as 65010 peer-as 65515 router-id 172.16.156.70 family-allowed in-open ipv4 unicast 9.9.9.9/32 next-hop 172.16.156.70 as-path ( 65010 )
  haproxy: http_back 2 of 2 up
  > log: info ExaBGP 6.0.0 answers, in the grammar of its API version 6
  > log: info service web: not known yet -> up (http_back: 2 of 2 servers up), announcing 9.9.9.9/32
  > exabgp: system version
  > exabgp: peer * announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]

200 ms
  > log: info neighbor 172.16.159.4 has been up since before this process started
  > exabgp: peer list
  > exabgp: peer * routes list
  > exabgp: peer list

400 ms
  > exabgp: peer list

1000 ms
  drain web: kernel update
  > log: info service web: drain by alice: kernel update, announcing 9.9.9.9/32 with a longer AS path (4, was 1) for 500ms
  > exabgp: peer * announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 65010 65010 65010 ]

1200 ms
  > exabgp: peer list

1500 ms
  > log: info service web: drained by alice: kernel update, withdrawing 9.9.9.9/32
  > exabgp: peer * withdraw route 9.9.9.9/32

3000 ms
  haproxy: http_back 2 of 2 up

4000 ms
  drain web: over
  > log: info service web: not drained any more, 'up', announcing 9.9.9.9/32
  > exabgp: peer * announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]

4200 ms
  > exabgp: peer list

6000 ms
  end
