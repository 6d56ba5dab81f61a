# HAProxy says UP of a backend without servers.

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
  haproxy: http_back 0 of 0 up
  > log: info ExaBGP 4.2.21 answers
  > log: warn service web: not known yet -> down (http_back: 0 of 0 servers up (this backend has no server: a level that watches it never holds)), withdrawing 9.9.9.9/32
  > exabgp: system version
  > exabgp: withdraw route 9.9.9.9/32

100 ms
  haproxy: http_back 0 of 0 up
