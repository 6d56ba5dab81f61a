# HAProxy could not be read for a moment, and then reloaded.

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
  haproxy: http_back 2 of 2 up
  > log: info ExaBGP 4.2.21 answers
  > log: info service web: not known yet -> up (http_back: 2 of 2 servers up), announcing 9.9.9.9/32
  > exabgp: system version
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]

1000 ms
  haproxy unreadable: no answer in time
  > log: warn service web: state unknown (HAProxy cannot be read: no answer in time), holding 'up' for 1s, then withdrawing

1500 ms
  haproxy: pid 6001; http_back: backend01 UP INI, backend02 UP INI
  > log: info service web: state known again (http_back: 2 of 2 servers up: backend01 not checked yet, up before HAProxy's reload, backend02 not checked yet, up before HAProxy's reload), still 'up'

5000 ms
  haproxy: pid 6001; http_back: backend01 UP INI, backend02 UP INI

6000 ms
  haproxy: pid 6001; http_back 2 of 2 up
