# It fell and came back, nothing changed meanwhile: ExaBGP sends its routes itself.

config:
  {
    "read_back": "0s",
    "services": {
      "web": {
        "prefixes": ["9.9.9.9/32"],
        "next_hop": "172.16.156.70",
        "as_path": [65010],
        "levels": [{"name": "up", "when": {"backend": {"name": "http_back"}}}]
      }
    }
  }

0 ms
  exabgp: neighbor 172.16.159.4 up
  haproxy: http_back 2 of 2 up
  > log: info ExaBGP 4.2.21 answers
  > log: info neighbor 172.16.159.4 up
  > exabgp: system version

100 ms
  haproxy: http_back 2 of 2 up
  > log: info service web: not known yet -> up (http_back: 2 of 2 servers up), announcing 9.9.9.9/32
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]

1000 ms
  exabgp: neighbor 172.16.159.4 down
  > log: info neighbor 172.16.159.4 down

1100 ms
  exabgp: neighbor 172.16.159.4 down

3000 ms
  exabgp: neighbor 172.16.159.4 up
  > log: info neighbor 172.16.159.4 up
