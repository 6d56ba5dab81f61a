# ExaBGP 6 has taken a statement for the one neighbor that it had named, and has not answered yet; the other one is new in exabgp.conf, and
# comes up. It is told, though nothing is read back.

config:
  {
    "read_back": "0s",
    "services": {
      "web": {
        "prefixes": ["9.9.9.9/32"],
        "next_hop": "172.16.156.70",
        "as_path": [65010],
        "neighbors": ["172.16.159.4", "172.16.159.5"],
        "levels": [{"name": "up", "when": {"backend": {"name": "http_back"}}}],
        "rise": 1
      }
    }
  }

0 ms
  exabgp answers: JSON version 6.0.0
  exabgp answers: established 172.16.159.4
  exabgp: { "exabgp": "6.0.0", "time": 1796007157.36, "host" : "ne", "pid" : 70, "ppid" : 1, "counter": 2, "type": "state", "neighbor": { "address": { "local": "172.16.156.70", "peer": "172.16.159.4" }, "asn": { "local": 65010, "peer": 65515 }, "router-id": "172.16.156.70" , "state": "up" } }
  haproxy lives: http_back 2 of 2 up
  > log: info ExaBGP 6.0.0 answers, in the grammar of its API version 6
  > log: warn ExaBGP has no neighbor 172.16.159.5, so nothing is said to it until it has; exabgp.conf must have it, or 'neighbors' must not name it
  > log: info service web: not known yet -> up (http_back: 2 of 2 servers up), announcing 9.9.9.9/32
  > log: info neighbor 172.16.159.4 up
  > exabgp: system version
  > exabgp: peer list

100 ms
  exabgp answers: nothing

199 ms
  exabgp answers: nothing

200 ms
  > exabgp: peer 172.16.159.4 routes add route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]

250 ms
  exabgp: { "exabgp": "6.0.0", "time": 1796007157.61, "host" : "ne", "pid" : 70, "ppid" : 1, "counter": 2, "type": "state", "neighbor": { "address": { "local": "172.16.156.70", "peer": "172.16.159.5" }, "asn": { "local": 65010, "peer": 65515 }, "router-id": "172.16.156.70" , "state": "up" } }
  > log: info neighbor 172.16.159.5 up

300 ms
  exabgp answers: JSON version 6.0.0
  exabgp answers: established 172.16.159.4
  exabgp answers: established 172.16.159.5
  exabgp: {"index": "1", "route": "9.9.9.9/32 next-hop 172.16.156.70", "success": true}

500 ms
  > exabgp: peer list
  > exabgp: peer 172.16.159.4 routes add route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ] origin incomplete

700 ms
  > exabgp: peer list
  > exabgp: peer 172.16.159.4 routes add route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]

900 ms
  > exabgp: peer list
  > exabgp: peer 172.16.159.5 routes add route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ] origin incomplete

1100 ms
  > exabgp: peer list
  > exabgp: peer 172.16.159.5 routes add route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]

1300 ms
  > exabgp: peer list

6000 ms
  end
