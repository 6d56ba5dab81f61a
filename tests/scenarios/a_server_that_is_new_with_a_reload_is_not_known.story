# min_active 2 of three: of the two that were there one was dead. The third is new, and its check decides; until then it cannot be told,
# which is held for a second.

config:
  {
    "services": {
      "web": {
        "prefixes": ["9.9.9.9/32"],
        "next_hop": "172.16.156.70",
        "as_path": [65010],
        "levels": [
          {"name": "three", "when": {"backend": {"name": "http_back", "min_active": 3}}},
          {"name": "any", "when": {"backend": {"name": "http_back"}}, "prepend": 2}
        ],
        "rise": 1,
        "fall": 1,
        "unknown": {"hold": "1s"}
      }
    }
  }

0 ms
  haproxy lives: http_back 2 of 2 up
  > log: info ExaBGP 4.2.21 answers
  > log: warn service web: not known yet -> any (http_back: 2 of 2 servers up, 3 wanted), announcing 9.9.9.9/32
  > exabgp: system version
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 65010 65010 ]

1500 ms
  haproxy lives: pid 6001; http_back: backend01 UP INI, backend02 UP INI, backend03 UP INI

2003 ms
  > log: warn service web: state unknown (http_back: 2 of 3 servers up, 3 wanted: backend01 not checked yet, up before HAProxy's reload, backend02 not checked yet, up before HAProxy's reload, backend03 not checked yet), holding 'any' for 1s, then 'any'

6500 ms
  end
