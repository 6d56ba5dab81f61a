# The siblings cannot be asked, since this region's own NVA has no file descriptor left, say: that is no answer, and a takeover
# is not given back to a sibling that is still dead. Nor is it silence: nothing is taken over.

config:
  {
    "services": {
      "web": {
        "prefixes": ["9.9.9.9/32"],
        "next_hop": "172.16.136.70",
        "as_path": [65010, 65010, 65010, 65010],
        "levels": [{"name": "up", "when": {"backend": {"name": "http_back"}}}],
        "siblings": {"urls": ["http://172.16.156.70/health"], "settle": "2s", "takeover": {"after": "1s", "as_path": [65010]}}
      }
    }
  }

0 ms
  probe lives http http://172.16.156.70/health: yes status 200
  haproxy lives: http_back 2 of 2 up
  > log: info ExaBGP 4.2.21 answers
  > exabgp: system version

103 ms
  > log: info service web: not known yet -> up (http_back: 2 of 2 servers up), announcing 9.9.9.9/32
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.136.70 as-path [ 65010 65010 65010 65010 ]

2010 ms
  probe lives http http://172.16.156.70/health: unknown Too many open files

6010 ms
  probe lives http http://172.16.156.70/health: silent no answer in 250ms

6753 ms
  > log: warn service web: up -> takeover (http http://172.16.156.70/health silent for 1s; http_back: 2 of 2 servers up), announcing 9.9.9.9/32 with a shorter AS path (1, was 4)
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.136.70 as-path [ 65010 ]

9010 ms
  probe lives http http://172.16.156.70/health: unknown Too many open files

15010 ms
  probe lives http http://172.16.156.70/health: yes status 200

17253 ms
  > log: info service web: takeover -> up (http http://172.16.156.70/health: status 200; http_back: 2 of 2 servers up), announcing 9.9.9.9/32 with a longer AS path (4, was 1)
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.136.70 as-path [ 65010 65010 65010 65010 ]

19010 ms
  end
