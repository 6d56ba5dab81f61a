# encoder json: the sessions are told in JSON, the acks are not.

config:
  {
    "read_back": "0s",
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
  haproxy: http_back 2 of 2 up
  > log: info ExaBGP 4.2.21 answers
  > exabgp: system version

100 ms
  haproxy: http_back 2 of 2 up
  > log: info service web: not known yet -> up (http_back: 2 of 2 servers up), announcing 9.9.9.9/32
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]

1000 ms
  haproxy: http_back 0 of 2 up
  > log: warn service web: up -> down (http_back: 0 of 2 servers up: backend01 DOWN L4CON, backend02 DOWN L4CON), withdrawing 9.9.9.9/32
  > exabgp: withdraw route 9.9.9.9/32

2000 ms
  exabgp: { "exabgp": "4.2.21", "time": 1795323245.7, "host" : "nva", "pid" : 22, "ppid" : 1, "counter": 2, "type": "state", "neighbor": { "address": { "local": "172.16.156.70", "peer": "172.16.159.4" }, "asn": { "local": 65010, "peer": 65515 } , "state": "up" } }
  > log: info neighbor 172.16.159.4 up
  > log: info neighbor 172.16.159.4 came up after changes, sending it every route again

2200 ms
  > exabgp: neighbor 172.16.159.4 withdraw route 9.9.9.9/32
