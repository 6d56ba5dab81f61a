# All servers are dead. After the reload each looks UP until its first check fails; the route stays withdrawn.

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
  haproxy: http_back 0 of 2 up
  > log: info ExaBGP 4.2.21 answers
  > log: warn service web: not known yet -> down (http_back: 0 of 2 servers up: backend01 DOWN L4CON, backend02 DOWN L4CON), withdrawing 9.9.9.9/32
  > exabgp: system version
  > exabgp: withdraw route 9.9.9.9/32

1000 ms
  haproxy: pid 6001; http_back: backend01 UP INI, backend02 UP INI

1100 ms
  haproxy: pid 6001; http_back: backend01 UP INI, backend02 UP INI

1200 ms
  haproxy: pid 6001; http_back: backend01 UP INI, backend02 UP INI

1300 ms
  haproxy: pid 6001; http_back: backend01 DOWN, backend02 UP INI

1400 ms
  haproxy: pid 6001; http_back 0 of 2 up

2400 ms
  haproxy: pid 6001; http_back 0 of 2 up
