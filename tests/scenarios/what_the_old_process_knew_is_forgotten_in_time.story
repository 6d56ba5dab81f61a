# remember 3s: after that it cannot be told, and the hold of a second runs.

config:
  {
    "haproxy": {"remember": "3s"},
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
  haproxy lives: http_back 2 of 2 up
  > log: info ExaBGP 4.2.21 answers
  > log: info service web: not known yet -> up (http_back: 2 of 2 servers up), announcing 9.9.9.9/32
  > exabgp: system version
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]

1500 ms
  haproxy lives: pid 6001; http_back: backend01 UP INI, backend02 UP INI

4003 ms
  > log: warn service web: state unknown (http_back: 0 of 2 servers up: backend01 not checked yet, backend02 not checked yet), holding 'up' for 1s, then withdrawing

5003 ms
  > log: warn service web: up -> down (http_back: 0 of 2 servers up: backend01 not checked yet, backend02 not checked yet), withdrawing 9.9.9.9/32
  > exabgp: withdraw route 9.9.9.9/32

8000 ms
  end
