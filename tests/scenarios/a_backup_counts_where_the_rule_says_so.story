# count_backup: the backup server is as good as any.

config:
  {
    "services": {
      "web": {
        "prefixes": ["9.9.9.9/32"],
        "next_hop": "172.16.156.70",
        "as_path": [65010],
        "levels": [{"name": "up", "when": {"backend": {"name": "http_back", "count_backup": true}}}]
      }
    }
  }

0 ms
  haproxy: http_back: backend01 UP, backend02 UP, region2 UP backup
  > log: info ExaBGP 4.2.21 answers
  > exabgp: system version

100 ms
  haproxy: http_back: backend01 UP, backend02 UP, region2 UP backup
  > log: info service web: not known yet -> up (http_back: 3 of 3 servers up), announcing 9.9.9.9/32
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]

1000 ms
  haproxy: http_back: backend01 DOWN, backend02 DOWN, region2 UP backup

2000 ms
  haproxy: http_back 0 of 2 up
  > log: warn service web: up -> down (http_back: 0 of 2 servers up: backend01 DOWN L4CON, backend02 DOWN L4CON), withdrawing 9.9.9.9/32
  > exabgp: withdraw route 9.9.9.9/32
