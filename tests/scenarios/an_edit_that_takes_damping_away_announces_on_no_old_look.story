# It is kept back for 1.7 s. An edit that takes the damping away does not have it announced on what was seen before the edit: the servers may have
# died since.

config:
  {
    "services": {
      "web": {
        "prefixes": ["9.9.9.9/32"],
        "next_hop": "172.16.156.70",
        "as_path": [65010],
        "levels": [
          {"name": "up", "when": {"backend": {"name": "http_back", "min_active": 2}}},
          {"name": "degraded", "when": {"backend": {"name": "http_back"}}, "prepend": 3}
        ],
        "rise": 1,
        "fall": 1,
        "damping": {"wait": "1700ms", "ceiling": "1700ms"}
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
  haproxy lives: http_back 1 of 2 up

2003 ms
  > log: warn service web: up -> degraded (http_back: 1 of 2 servers up, 2 wanted: backend02 DOWN L4CON), announcing 9.9.9.9/32 with a longer AS path (4, was 1)
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 65010 65010 65010 ]

2500 ms
  haproxy lives: http_back 2 of 2 up

3003 ms
  > log: info service web: degraded -> up (http_back: 2 of 2 servers up), announcing 9.9.9.9/32 with a shorter AS path (1, was 4)
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]

4500 ms
  haproxy lives: http_back 1 of 2 up

5003 ms
  > log: warn service web: up -> degraded (http_back: 1 of 2 servers up, 2 wanted: backend02 DOWN L4CON), announcing 9.9.9.9/32 with a longer AS path (4, was 1)
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 65010 65010 65010 ]

5500 ms
  haproxy lives: http_back 2 of 2 up

6003 ms
  > log: warn service web: degraded, 'up' holds (http_back: 2 of 2 servers up), damping after 2 falls: announcing 9.9.9.9/32 so in 1700ms if it goes on holding

7200 ms
  haproxy lives: http_back 1 of 2 up

7300 ms
  config:
    {
      "services": {
        "web": {
          "prefixes": ["9.9.9.9/32"],
          "next_hop": "172.16.156.70",
          "as_path": [65010],
          "levels": [
          {"name": "up", "when": {"backend": {"name": "http_back", "min_active": 2}}},
          {"name": "degraded", "when": {"backend": {"name": "http_back"}}, "prepend": 3}
        ],
          "rise": 1,
          "fall": 1
        }
      }
    }

9500 ms
  haproxy lives: http_back 2 of 2 up

10400 ms
  > log: info service web: degraded -> up (http_back: 2 of 2 servers up), announcing 9.9.9.9/32 with a shorter AS path (1, was 4)
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]

11000 ms
  end
