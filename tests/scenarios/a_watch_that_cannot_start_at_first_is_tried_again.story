# No thread can be had at the start: nothing is known, and nothing is said of any route until there is one.

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
  no watch can start: no threads
  haproxy lives: http_back 2 of 2 up
  > log: info ExaBGP 4.2.21 answers
  > log: warn cannot start to watch (no threads): nothing is known; trying again each second
  > exabgp: system version

3500 ms
  watches can start

4000 ms
  > log: info the watch has started

4100 ms
  > log: info service web: not known yet -> up (http_back: 2 of 2 servers up), announcing 9.9.9.9/32
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]

6000 ms
  end
