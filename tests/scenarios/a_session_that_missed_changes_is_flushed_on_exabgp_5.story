# A-B-A while the session is down. 5.0: flush adj-rib out, once.

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
  exabgp answers: version 5.0.15
  exabgp: neighbor 172.16.159.4 up
  haproxy: http_back 2 of 2 up
  > log: info ExaBGP 5.0.15 answers
  > log: info neighbor 172.16.159.4 up
  > exabgp: system version

100 ms
  haproxy: http_back 2 of 2 up
  > log: info service web: not known yet -> up (http_back: 2 of 2 servers up), announcing 9.9.9.9/32
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]

1000 ms
  exabgp: neighbor 172.16.159.4 down - peer reset, message [closing connection] error[the TCP connection was closed]
  > log: info neighbor 172.16.159.4 down: peer reset, message [closing connection] error[the TCP connection was closed]

1500 ms
  haproxy: http_back 0 of 2 up
  > log: warn service web: up -> down (http_back: 0 of 2 servers up: backend01 DOWN L4CON, backend02 DOWN L4CON), withdrawing 9.9.9.9/32
  > exabgp: withdraw route 9.9.9.9/32

2000 ms
  haproxy: http_back 2 of 2 up

2100 ms
  haproxy: http_back 2 of 2 up
  > log: info service web: down -> up (http_back: 2 of 2 servers up), announcing 9.9.9.9/32
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]

3000 ms
  exabgp: neighbor 172.16.159.4 connected
  exabgp: neighbor 172.16.159.4 up
  > log: info neighbor 172.16.159.4 up
  > log: info neighbor 172.16.159.4 came up after changes, sending it every route again

3200 ms
  > exabgp: neighbor 172.16.159.4 flush adj-rib out

5000 ms
  end
