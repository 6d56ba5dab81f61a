# A neighbor is taken out of exabgp.conf and put back: ExaBGP 5.0 holds nothing for it then, so that a flush alone would send nothing. Its
# session falls before that is over, and it is told anew.

config:
  {
    "services": {
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
  exabgp: neighbor 172.16.159.4 up
  exabgp: neighbor 172.16.159.5 up
  haproxy: http_back 2 of 2 up
  > log: info ExaBGP 5.0.15 answers
  > log: info service web: not known yet -> up (http_back: 2 of 2 servers up), announcing 9.9.9.9/32
  > log: info neighbor 172.16.159.4 up
  > log: info neighbor 172.16.159.5 up
  > exabgp: system version
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]

2000 ms
  exabgp: neighbor 172.16.159.5 down - message [removed]
  > log: info neighbor 172.16.159.5 is not in exabgp.conf any more

4000 ms
  exabgp: neighbor 172.16.159.5 up
  > log: info neighbor 172.16.159.5 up
  > log: info neighbor 172.16.159.5 came up after changes, sending it every route again

4100 ms
  exabgp: neighbor 172.16.159.5 down - closing connection
  > log: info neighbor 172.16.159.5 down: closing connection

5000 ms
  exabgp: neighbor 172.16.159.5 up
  > log: info neighbor 172.16.159.5 up
  > log: info neighbor 172.16.159.5 came up after changes, sending it every route again

5200 ms
  > exabgp: neighbor 172.16.159.5 announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ] origin incomplete
  > exabgp: neighbor 172.16.159.5 announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]
  > exabgp: neighbor 172.16.159.5 flush adj-rib out

8000 ms
  end
