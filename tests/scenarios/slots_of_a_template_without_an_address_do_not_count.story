# server-template 6, two have an address: two of two, not of six. Without any it is down.

config:
  {
    "services": {
      "web": {
        "prefixes": ["9.9.9.9/32"],
        "next_hop": "172.16.156.70",
        "as_path": [65010],
        "levels": [{"name": "up", "when": {"backend": {"name": "http_back", "min_percent": 100}}}]
      }
    }
  }

0 ms
  haproxy: http_back: web1 UP, web2 UP, web3 MAINT (resolution), web4 MAINT (resolution), web5 MAINT (resolution), web6 MAINT (resolution)
  > log: info ExaBGP 4.2.21 answers
  > exabgp: system version

100 ms
  haproxy: http_back: web1 UP, web2 UP, web3 MAINT (resolution), web4 MAINT (resolution), web5 MAINT (resolution), web6 MAINT (resolution)
  > log: info service web: not known yet -> up (http_back: 2 of 2 servers up), announcing 9.9.9.9/32
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]

1000 ms
  haproxy: http_back: web1 MAINT (resolution), web2 MAINT (resolution), web3 MAINT (resolution), web4 MAINT (resolution), web5 MAINT (resolution), web6 MAINT (resolution)
  > log: warn service web: up -> down (http_back: 0 of 0 servers up, 100 % wanted), withdrawing 9.9.9.9/32
  > exabgp: withdraw route 9.9.9.9/32
