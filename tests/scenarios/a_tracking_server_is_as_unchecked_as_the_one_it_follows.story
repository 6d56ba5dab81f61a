# The servers follow checks/s1, which has not been checked yet.

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
  haproxy: http_back: backend01 UP tracks checks/s1, backend02 UP tracks checks/s1; checks: s1 UP INI
  > log: info ExaBGP 4.2.21 answers
  > log: warn service web: state unknown (http_back: 0 of 2 servers up: backend01 not checked yet, backend02 not checked yet), waiting for 10s, then withdrawing
  > exabgp: system version

100 ms
  haproxy: http_back: backend01 UP tracks checks/s1, backend02 UP tracks checks/s1; checks: s1 UP INI

200 ms
  haproxy: http_back: backend01 UP tracks checks/s1, backend02 UP tracks checks/s1; checks: s1 UP

300 ms
  haproxy: http_back: backend01 UP tracks checks/s1, backend02 UP tracks checks/s1; checks: s1 UP
  > log: info service web: not known yet -> up (http_back: 2 of 2 servers up), announcing 9.9.9.9/32
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]

1000 ms
  haproxy: http_back: backend01 UP tracks checks/s1, backend02 UP tracks checks/s1; checks: s1 UP INI

1100 ms
  haproxy: http_back: backend01 UP tracks checks/s1, backend02 UP tracks checks/s1; checks: s1 UP

2000 ms
  haproxy: http_back: backend01 DOWN tracks checks/s1, backend02 DOWN tracks checks/s1; checks: s1 DOWN
  > log: warn service web: up -> down (http_back: 0 of 2 servers up: backend01 DOWN, backend02 DOWN), withdrawing 9.9.9.9/32
  > exabgp: withdraw route 9.9.9.9/32
