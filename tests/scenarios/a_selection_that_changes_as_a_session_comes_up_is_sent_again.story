# A session comes up while an edit gives a route to one neighbor alone, with another path: ExaBGP holds the old one for that neighbor, though
# under the old selection, and sends both in an order of its own.

config:
  {
    "read_back": "0s",
    "services": {
      "web": {
        "prefixes": ["9.9.9.9/32"],
        "next_hop": "172.16.156.70",
        "as_path": [65010],
        "levels": [{"name": "up", "when": {"backend": {"name": "http_back"}}}],
        "rise": 1
      }
    }
  }

0 ms
  exabgp answers: JSON version 6.0.0
  exabgp answers: established 172.16.159.5
  exabgp: { "exabgp": "6.0.0", "time": 1796007157.36, "host" : "ne", "pid" : 70, "ppid" : 1, "counter": 2, "type": "state", "neighbor": { "address": { "local": "172.16.156.70", "peer": "172.16.159.5" }, "asn": { "local": 65010, "peer": 65515 }, "router-id": "172.16.156.70" , "state": "up" } }
  haproxy lives: http_back 2 of 2 up
  > log: info ExaBGP 6.0.0 answers, in the grammar of its API version 6
  > log: info service web: not known yet -> up (http_back: 2 of 2 servers up), announcing 9.9.9.9/32
  > log: info neighbor 172.16.159.5 up
  > exabgp: system version
  > exabgp: peer * announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]

200 ms
  > exabgp: peer list

400 ms
  > exabgp: peer list

2000 ms
  exabgp answers: JSON version 6.0.0
  exabgp answers: established 172.16.159.5
  exabgp: { "exabgp": "6.0.0", "time": 1796007157.36, "host" : "ne", "pid" : 70, "ppid" : 1, "counter": 2, "type": "state", "neighbor": { "address": { "local": "172.16.156.70", "peer": "172.16.159.5" }, "asn": { "local": 65010, "peer": 65515 }, "router-id": "172.16.156.70" , "state": "down", "reason": "closing connection" } }
  > log: info neighbor 172.16.159.5 down: closing connection

4000 ms
  exabgp answers: JSON version 6.0.0
  exabgp answers: established 172.16.159.5
  exabgp: { "exabgp": "6.0.0", "time": 1796007157.36, "host" : "ne", "pid" : 70, "ppid" : 1, "counter": 2, "type": "state", "neighbor": { "address": { "local": "172.16.156.70", "peer": "172.16.159.5" }, "asn": { "local": 65010, "peer": 65515 }, "router-id": "172.16.156.70" , "state": "up" } }
  > log: info neighbor 172.16.159.5 up

4050 ms
  exabgp answers: JSON version 6.0.0
  exabgp answers: established 172.16.159.5
  config:
    {
      "read_back": "0s",
      "services": {
        "web": {
          "prefixes": ["9.9.9.9/32"],
          "next_hop": "172.16.156.70",
          "as_path": [65010, 65010],
          "levels": [{"name": "up", "when": {"backend": {"name": "http_back"}}}],
          "rise": 1,
          "neighbors": ["172.16.159.5"]
        }
      }
    }
  > log: info service web: edited, announcing 9.9.9.9/32 with a longer AS path (2, was 1), to 172.16.159.5 (was every neighbor)
  > log: warn 9.9.9.9/32 differs in ExaBGP from what was sent: no neighbor holds it; sending it again
  > exabgp: peer 172.16.159.5 routes add route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 65010 ]
  > exabgp: peer * routes list
  > exabgp: peer list

4250 ms
  > exabgp: peer list
  > exabgp: peer 172.16.159.5 routes add route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 65010 ]
  > exabgp: peer * routes list
  > exabgp: peer list

4450 ms
  > exabgp: peer list
  > exabgp: peer 172.16.159.5 routes add route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 65010 ] origin incomplete

4650 ms
  > exabgp: peer list
  > exabgp: peer 172.16.159.5 routes add route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 65010 ]

4850 ms
  > exabgp: peer list

9000 ms
  end
