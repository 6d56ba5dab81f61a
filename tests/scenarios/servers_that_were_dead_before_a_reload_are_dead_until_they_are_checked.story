# The same with dead servers: HAProxy says UP of each, and nothing is announced, for longer than the hold.

config:
  {
    "services": {
      "web": {
        "prefixes": ["9.9.9.9/32"],
        "next_hop": "172.16.156.70",
        "as_path": [65010],
        "levels": [{"name": "up", "when": {"backend": {"name": "http_back"}}}],
        "rise": 1,
        "fall": 1,
        "unknown": {"hold": "1s"}
      }
    }
  }

0 ms
  haproxy lives: http_back 0 of 2 up
  > log: info ExaBGP 4.2.21 answers
  > log: warn service web: not known yet -> down (http_back: 0 of 2 servers up: backend01 DOWN L4CON, backend02 DOWN L4CON), withdrawing 9.9.9.9/32
  > exabgp: system version
  > exabgp: withdraw route 9.9.9.9/32

1500 ms
  haproxy lives: pid 6001; http_back: backend01 UP INI, backend02 UP INI

6500 ms
  end
