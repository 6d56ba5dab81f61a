# One of three is refused: each goes again alone, two are taken, the third backs off.

config:
  {
    "services": {
      "web": {
        "prefixes": ["192.0.2.1/32", "192.0.2.2/32", "192.0.2.3/32"],
        "next_hop": "172.16.156.70",
        "as_path": [65010],
        "levels": [{"name": "up", "when": {"backend": {"name": "http_back"}}}]
      }
    }
  }

0 ms
  exabgp answers: error to 192.0.2.2/32
  haproxy: http_back 2 of 2 up
  > log: info ExaBGP 4.2.21 answers
  > exabgp: system version

100 ms
  haproxy: http_back 2 of 2 up
  > log: info service web: not known yet -> up (http_back: 2 of 2 servers up), announcing 192.0.2.1/32, 192.0.2.2/32, 192.0.2.3/32
  > exabgp: announce route 192.0.2.1/32 next-hop 172.16.156.70 as-path [ 65010 ]
  > exabgp: announce route 192.0.2.2/32 next-hop 172.16.156.70 as-path [ 65010 ]
  > exabgp: announce route 192.0.2.3/32 next-hop 172.16.156.70 as-path [ 65010 ]

200 ms
  > log: warn ExaBGP refused 'announce route 192.0.2.2/32 next-hop 172.16.156.70 as-path [ 65010 ]' (ExaBGP's log says why), retrying in 1 s, then less and less often
  > exabgp: announce route 192.0.2.1/32 next-hop 172.16.156.70 as-path [ 65010 ]
  > exabgp: announce route 192.0.2.2/32 next-hop 172.16.156.70 as-path [ 65010 ]
  > exabgp: announce route 192.0.2.3/32 next-hop 172.16.156.70 as-path [ 65010 ]

1200 ms
  > exabgp: announce route 192.0.2.2/32 next-hop 172.16.156.70 as-path [ 65010 ]

3200 ms
  > exabgp: announce route 192.0.2.2/32 next-hop 172.16.156.70 as-path [ 65010 ]

4000 ms
  end
