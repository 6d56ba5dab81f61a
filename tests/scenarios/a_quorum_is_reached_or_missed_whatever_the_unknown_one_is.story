# at_least 2 of 3: yes, yes, unknown is yes; yes, no, unknown is unknown; no, no, unknown is no.

config:
  {
    "services": {
      "web": {
        "prefixes": ["9.9.9.9/32"],
        "next_hop": "172.16.156.70",
        "as_path": [65010],
        "levels": [
          {
            "name": "up",
            "when": {
              "at_least": {
                "count": 2,
                "of": [
                  {"file": {"path": "/run/a"}},
                  {"file": {"path": "/run/b"}},
                  {"file": {"path": "/run/c"}}
                ]
              }
            }
          }
        ],
        "unknown": {"hold": "5s"}
      }
    }
  }

0 ms
  probe file /run/a: yes exists
  probe file /run/b: yes exists
  probe file /run/c: unknown permission denied
  look
  > log: info ExaBGP 4.2.21 answers
  > exabgp: system version

100 ms
  probe file /run/a: yes exists
  probe file /run/b: yes exists
  probe file /run/c: unknown permission denied
  look
  > log: info service web: not known yet -> up (2 of 3 hold, 2 wanted: file /run/a: exists; file /run/b: exists; file /run/c: permission denied), announcing 9.9.9.9/32
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]

1000 ms
  probe file /run/a: yes exists
  probe file /run/b: no does not exist
  probe file /run/c: unknown permission denied
  look
  > log: warn service web: state unknown (1 of 3 hold, 2 wanted: file /run/b: does not exist; file /run/c: permission denied), holding 'up' for 5s, then withdrawing

2000 ms
  probe file /run/a: no does not exist
  probe file /run/b: no does not exist
  probe file /run/c: unknown permission denied
  look
  > log: warn service web: up -> down (0 of 3 hold, 2 wanted: file /run/a: does not exist; file /run/b: does not exist), withdrawing 9.9.9.9/32
  > exabgp: withdraw route 9.9.9.9/32
