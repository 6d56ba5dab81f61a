# Whether the best level holds cannot be told, the second holds for certain: after the hold it is in force.

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
              "all": [
                {"backend": {"name": "http_back"}},
                {"command": {"argv": ["/usr/local/bin/check"]}}
              ]
            }
          },
          {"name": "degraded", "when": {"backend": {"name": "http_back"}}, "prepend": 1}
        ],
        "unknown": {"hold": "1s"}
      }
    }
  }

0 ms
  probe command /usr/local/bin/check: yes exit status 0
  haproxy: http_back 2 of 2 up
  > log: info ExaBGP 4.2.21 answers
  > exabgp: system version

100 ms
  probe command /usr/local/bin/check: yes exit status 0
  haproxy: http_back 2 of 2 up
  > log: info service web: not known yet -> up (http_back: 2 of 2 servers up; command /usr/local/bin/check: exit status 0), announcing 9.9.9.9/32
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]

1000 ms
  probe command /usr/local/bin/check: unknown cannot be run
  haproxy: http_back 2 of 2 up
  > log: warn service web: state unknown (command /usr/local/bin/check: cannot be run), holding 'up' for 1s, then 'degraded'

1500 ms
  probe command /usr/local/bin/check: unknown cannot be run
  haproxy: http_back 2 of 2 up

2000 ms
  probe command /usr/local/bin/check: unknown cannot be run
  haproxy: http_back 2 of 2 up
  > log: warn service web: up -> degraded (command /usr/local/bin/check: cannot be run), announcing 9.9.9.9/32 with a longer AS path (2, was 1)
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 65010 ]
