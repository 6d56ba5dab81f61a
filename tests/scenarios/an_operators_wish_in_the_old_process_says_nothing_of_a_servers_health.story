# One server was in MAINT, the other healthy: of the first nothing is known after the reload. min_active 2 cannot be told, one is enough
# for the level in force.

config:
  {
    "services": {
      "web": {
        "prefixes": ["9.9.9.9/32"],
        "next_hop": "172.16.156.70",
        "as_path": [65010],
        "levels": [
          {"name": "gold", "when": {"backend": {"name": "http_back", "min_active": 2}}},
          {"name": "silver", "when": {"backend": {"name": "http_back"}}, "prepend": 2}
        ],
        "rise": 1,
        "fall": 1,
        "unknown": {"hold": "1s"}
      }
    }
  }

0 ms
  haproxy lives: http_back: backend01 MAINT, backend02 UP
  > log: info ExaBGP 4.2.21 answers
  > log: warn service web: not known yet -> silver (http_back: 1 of 2 servers up, 2 wanted: backend01 MAINT), announcing 9.9.9.9/32
  > exabgp: system version
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 65010 65010 ]

1500 ms
  haproxy lives: pid 6001; http_back: backend01 UP INI, backend02 UP INI

2003 ms
  > log: warn service web: state unknown (http_back: 1 of 2 servers up, 2 wanted: backend01 not checked yet, backend02 not checked yet, up before HAProxy's reload), holding 'silver' for 1s, then 'silver'

6500 ms
  end
