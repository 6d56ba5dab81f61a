# Fall 3: eight disabled slots of a template stand by from the start, and both servers die. Three readings, and the log names the two first.

config:
  {
    "services": {
      "web": {
        "prefixes": ["9.9.9.9/32"],
        "next_hop": "172.16.156.70",
        "as_path": [65010],
        "levels": [{"name": "up", "when": {"backend": {"name": "http_back"}}}],
        "fall": 3
      }
    }
  }

0 ms
  haproxy: http_back: backend01 UP, backend02 UP, slot1 MAINT, slot2 MAINT, slot3 MAINT, slot4 MAINT, slot5 MAINT, slot6 MAINT, slot7 MAINT, slot8 MAINT
  > log: info ExaBGP 4.2.21 answers
  > exabgp: system version

100 ms
  haproxy: http_back: backend01 UP, backend02 UP, slot1 MAINT, slot2 MAINT, slot3 MAINT, slot4 MAINT, slot5 MAINT, slot6 MAINT, slot7 MAINT, slot8 MAINT
  > log: info service web: not known yet -> up (http_back: 2 of 10 servers up: slot1 MAINT, slot2 MAINT, slot3 MAINT, slot4 MAINT, …), announcing 9.9.9.9/32
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]

1000 ms
  haproxy: http_back: backend01 DOWN, backend02 DOWN, slot1 MAINT, slot2 MAINT, slot3 MAINT, slot4 MAINT, slot5 MAINT, slot6 MAINT, slot7 MAINT, slot8 MAINT

1100 ms
  haproxy: http_back: backend01 DOWN, backend02 DOWN, slot1 MAINT, slot2 MAINT, slot3 MAINT, slot4 MAINT, slot5 MAINT, slot6 MAINT, slot7 MAINT, slot8 MAINT

1200 ms
  haproxy: http_back: backend01 DOWN, backend02 DOWN, slot1 MAINT, slot2 MAINT, slot3 MAINT, slot4 MAINT, slot5 MAINT, slot6 MAINT, slot7 MAINT, slot8 MAINT
  > log: warn service web: up -> down (http_back: 0 of 10 servers up: backend01 DOWN L4CON, backend02 DOWN L4CON, slot1 MAINT, slot2 MAINT, …), withdrawing 9.9.9.9/32
  > exabgp: withdraw route 9.9.9.9/32
