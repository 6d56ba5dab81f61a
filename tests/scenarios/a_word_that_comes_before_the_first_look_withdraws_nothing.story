# hold 0, a restart, and the sibling answers before HAProxy: what was not looked at yet is not judged.

config:
  {
    "services": {
      "web": {
        "prefixes": ["9.9.9.9/32"],
        "next_hop": "172.16.156.70",
        "as_path": [65010],
        "levels": [{"name": "up", "when": {"backend": {"name": "http_back"}}}],
        "rise": 1,
        "unknown": {"hold": "0s", "then": "withdraw"},
        "siblings": {"urls": ["http://172.16.136.70/health"], "last_standing": {"prepend": 6}}
      }
    }
  }

0 ms
  haproxy: http_back 2 of 2 up
  > log: info ExaBGP 4.2.21 answers
  > log: info service web: not known yet -> up (http_back: 2 of 2 servers up), announcing 9.9.9.9/32
  > exabgp: system version
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]

500 ms
  killed and started again
  > log: info ExaBGP 4.2.21 answers
  > exabgp: system version

550 ms
  probe http http://172.16.136.70/health: no 503

600 ms
  haproxy: http_back 2 of 2 up
  > log: info service web: not known yet -> up (http_back: 2 of 2 servers up), announcing 9.9.9.9/32
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]
