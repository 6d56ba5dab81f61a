# A reload takes a neighbor out of exabgp.conf right after its session came up, and so does another one later, with a reading on its way: that
# it holds nothing is no difference, and nothing is said to it.

config:
  {
    "read_back": "3s",
    "services": {
      "only": {
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
        "levels": [{"name": "up", "when": {"backend": {"name": "http_back"}}}],
        "rise": 1
      }
    }
  }

0 ms
  exabgp answers: version 5.0.15
  exabgp answers: holds neighbor 172.16.159.4 local-ip 172.16.156.70 local-as 65010 peer-as 65515 router-id 172.16.156.70 family-allowed in-open ipv4 unicast 9.9.9.9/32 next-hop 172.16.156.70 as-path ( 65010 )
  exabgp: neighbor 172.16.159.4 up
  haproxy lives: http_back 2 of 2 up
  > log: info ExaBGP 5.0.15 answers
  > log: info service only: not known yet -> up (http_back: 2 of 2 servers up), announcing 192.0.2.1/32
  > log: info service web: not known yet -> up (http_back: 2 of 2 servers up), announcing 9.9.9.9/32
  > log: info neighbor 172.16.159.4 up
  > exabgp: system version
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]
  > exabgp: neighbor 172.16.159.5 announce route 192.0.2.1/32 next-hop 172.16.156.70

1000 ms
  exabgp: neighbor 172.16.159.5 up
  > log: info neighbor 172.16.159.5 up

1100 ms
  exabgp: neighbor 172.16.159.5 down - message [removed]
  > log: info neighbor 172.16.159.5 is not in exabgp.conf any more

1200 ms
  > exabgp: show adj-rib out extensive

4200 ms
  > exabgp: show adj-rib out extensive

7200 ms
  > exabgp: show adj-rib out extensive

9000 ms
  end
