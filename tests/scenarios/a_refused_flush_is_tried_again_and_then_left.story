# ExaBGP refuses to flush five times, a second apart.

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
  exabgp answers: error to flush
  haproxy: http_back 2 of 2 up
  > log: info ExaBGP 5.0.15 answers
  > exabgp: system version

100 ms
  haproxy: http_back 2 of 2 up
  > log: info service web: not known yet -> up (http_back: 2 of 2 servers up), announcing 9.9.9.9/32
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]

1000 ms
  haproxy: http_back 0 of 2 up
  > log: warn service web: up -> down (http_back: 0 of 2 servers up: backend01 DOWN L4CON, backend02 DOWN L4CON), withdrawing 9.9.9.9/32
  > exabgp: withdraw route 9.9.9.9/32

2000 ms
  exabgp: neighbor 172.16.159.4 up
  > log: info neighbor 172.16.159.4 up
  > log: info neighbor 172.16.159.4 came up after changes, sending it every route again

2200 ms
  > exabgp: neighbor 172.16.159.4 withdraw route 9.9.9.9/32
  > exabgp: neighbor 172.16.159.4 flush adj-rib out

3200 ms
  > exabgp: neighbor 172.16.159.4 flush adj-rib out

4200 ms
  > exabgp: neighbor 172.16.159.4 flush adj-rib out

5200 ms
  > exabgp: neighbor 172.16.159.4 flush adj-rib out

6200 ms
  > log: warn ExaBGP did not send the routes to neighbor 172.16.159.4 again in 5 tries, its log says why; asked again when the session comes up anew
  > exabgp: neighbor 172.16.159.4 flush adj-rib out

9000 ms
  end
