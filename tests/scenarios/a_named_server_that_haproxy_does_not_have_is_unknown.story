# The configuration names a server that is not there: it cannot be told, and the hold time runs.

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
            "when": {"backend": {"name": "http_back", "servers": ["backend03"]}}
          }
        ],
        "unknown": {"hold": "1s"}
      }
    }
  }

0 ms
  haproxy: http_back 2 of 2 up
  > log: info ExaBGP 4.2.21 answers
  > log: warn service web: state unknown (backend 'http_back' has no server 'backend03'), waiting for 1s, then withdrawing
  > exabgp: system version

500 ms
  haproxy: http_back 2 of 2 up

1000 ms
  haproxy: http_back 2 of 2 up
  > log: warn service web: not known yet -> down (backend 'http_back' has no server 'backend03'), withdrawing 9.9.9.9/32
  > exabgp: withdraw route 9.9.9.9/32
