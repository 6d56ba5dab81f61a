# Nothing is said before a check has run; then rise counts from there.

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
  haproxy: pid 6001; http_back: backend01 UP INI, backend02 UP INI
  > log: info ExaBGP 4.2.21 answers
  > log: warn service web: state unknown (http_back: 0 of 2 servers up: backend01 not checked yet, backend02 not checked yet), waiting for 10s, then withdrawing
  > exabgp: system version

100 ms
  haproxy: pid 6001; http_back: backend01 UP INI, backend02 UP INI

200 ms
  haproxy: pid 6001; http_back: backend01 UP INI, backend02 UP INI

300 ms
  haproxy: pid 6001; http_back 2 of 2 up

400 ms
  haproxy: pid 6001; http_back 2 of 2 up
  > log: info service web: not known yet -> up (http_back: 2 of 2 servers up), announcing 9.9.9.9/32
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]
