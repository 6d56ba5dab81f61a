# A typo in haproxy.cfg, or a reload that dropped the backend: hold, then withdraw.

config:
  {
    "services": {
      "web": {
        "prefixes": ["9.9.9.9/32"],
        "next_hop": "172.16.156.70",
        "as_path": [65010],
        "levels": [{"name": "up", "when": {"backend": {"name": "http_back"}}}],
        "unknown": {"hold": "1s"}
      }
    }
  }

0 ms
  haproxy: http_back 2 of 2 up
  > log: info ExaBGP 4.2.21 answers
  > exabgp: system version

100 ms
  haproxy: http_back 2 of 2 up
  > log: info service web: not known yet -> up (http_back: 2 of 2 servers up), announcing 9.9.9.9/32
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]

1000 ms
  haproxy: no proxies
  > log: warn service web: state unknown (HAProxy has no backend 'http_back'), holding 'up' for 1s, then withdrawing

1500 ms
  haproxy: no proxies

2000 ms
  haproxy: no proxies
  > log: warn service web: up -> down (HAProxy has no backend 'http_back'), withdrawing 9.9.9.9/32
  > exabgp: withdraw route 9.9.9.9/32
