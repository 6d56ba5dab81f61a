# Another backend in the file, and no thread can be had to watch it: what was configured goes on, is watched and obeyed, until the new
# watch runs. Said once, and once when it works.

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
  haproxy lives: http_back 2 of 2 up; api_back: api01 UP
  > log: info ExaBGP 4.2.21 answers
  > exabgp: system version

103 ms
  > log: info service web: not known yet -> up (http_back: 2 of 2 servers up), announcing 9.9.9.9/32
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]

900 ms
  no watch can start: no threads

1000 ms
  config:
    {
      "services": {
        "web": {
          "prefixes": ["9.9.9.9/32"],
          "next_hop": "172.16.156.70",
          "as_path": [65010, 65010, 65010],
          "levels": [{"name": "up", "when": {"backend": {"name": "api_back"}}}]
        }
      }
    }
  > log: warn cannot start to watch (no threads): the configuration before stays in force; trying again each second

13000 ms
  haproxy lives: http_back 0 of 2 up; api_back: api01 DOWN

13103 ms
  > log: warn service web: up -> down (http_back: 0 of 2 servers up: backend01 DOWN L4CON, backend02 DOWN L4CON), withdrawing 9.9.9.9/32
  > exabgp: withdraw route 9.9.9.9/32

15500 ms
  haproxy lives: http_back 2 of 2 up; api_back: api01 UP

16203 ms
  > log: info service web: down -> up (http_back: 2 of 2 servers up), announcing 9.9.9.9/32
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]

18500 ms
  watches can start

19000 ms
  > log: info the watch has started
  > log: info service web: edited, announcing 9.9.9.9/32 with a longer AS path (3, was 1)
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 65010 65010 ]

21000 ms
  end
