# The servers are fine, but the anycast address is not on this host.

config:
  {
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
  address 9.9.9.9: elsewhere
  haproxy: http_back 2 of 2 up
  > log: info ExaBGP 4.2.21 answers
  > log: warn service web: not known yet -> down (address 9.9.9.9 is not on this host), withdrawing 9.9.9.9/32
  > exabgp: system version
  > exabgp: withdraw route 9.9.9.9/32

100 ms
  haproxy: http_back 2 of 2 up

1000 ms
  address 9.9.9.9: here
  haproxy: http_back 2 of 2 up

1100 ms
  haproxy: http_back 2 of 2 up
  > log: info service web: down -> up (http_back: 2 of 2 servers up), announcing 9.9.9.9/32
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]

2000 ms
  address 9.9.9.9: unknown no sockets left
  haproxy: http_back 2 of 2 up
  > log: warn service web: state unknown (cannot tell whether address 9.9.9.9 is on this host: no sockets left), holding 'up' for 10s, then withdrawing

3000 ms
  address 9.9.9.9: elsewhere
  haproxy: http_back 2 of 2 up
  > log: warn service web: up -> down (address 9.9.9.9 is not on this host), withdrawing 9.9.9.9/32
  > exabgp: withdraw route 9.9.9.9/32
