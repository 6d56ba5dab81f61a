# ExaBGP refuses a path. The file says again what ExaBGP holds: nothing is refused any more, and nothing is said.

config:
  {
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
  exabgp answers: error to 4200000001
  exabgp answers: established 172.16.159.4
  exabgp answers: holds neighbor 172.16.159.4 local-ip 172.16.156.70 local-as 65010 peer-as 65515 router-id 172.16.156.70 family-allowed in-open ipv4 unicast 9.9.9.9/32 next-hop 172.16.156.70
  exabgp: { "exabgp": "6.0.0", "time": 1796007157.0, "host" : "ne", "pid" : 70, "ppid" : 1, "counter": 2, "type": "state", "neighbor": { "address": { "local": "172.16.156.70", "peer": "172.16.159.4" }, "asn": { "local": 65010, "peer": 65515 }, "router-id": "172.16.156.70" , "state": "up" } }
  haproxy: http_back 2 of 2 up
  > log: info ExaBGP 6.0.0 answers, in the grammar of its API version 6
  > log: info service web: not known yet -> up (http_back: 2 of 2 servers up), announcing 9.9.9.9/32
  > log: info neighbor 172.16.159.4 up
  > exabgp: system version
  > exabgp: peer * announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]

200 ms
  > exabgp: peer list

400 ms
  > exabgp: peer list

2000 ms
  config:
    {
      "services": {
        "web": {
          "prefixes": ["9.9.9.9/32"],
          "next_hop": "172.16.156.70",
          "as_path": [4200000001],
          "levels": [{"name": "up", "when": {"backend": {"name": "http_back"}}}],
          "rise": 1
        }
      }
    }
  > log: info service web: edited, announcing 9.9.9.9/32 with another AS path
  > log: warn ExaBGP refused 'peer * announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 4200000001 ]' (ExaBGP 6 takes no AS number above 65535 in an AS path), retrying in 1 s, then less and less often
  > exabgp: peer * announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 4200000001 ]
  > exabgp: system version

2200 ms
  > exabgp: peer list

3000 ms
  > exabgp: peer * announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 4200000001 ]
  > exabgp: system version

3200 ms
  > exabgp: peer list

3500 ms
  config:
    {
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
  > log: info service web: edited, announcing 9.9.9.9/32 with another AS path

9000 ms
  config:
    {
      "services": {
        "web": {
          "prefixes": ["9.9.9.9/32"],
          "next_hop": "172.16.156.70",
          "as_path": [4200000001],
          "levels": [{"name": "up", "when": {"backend": {"name": "http_back"}}}],
          "rise": 1
        }
      }
    }
  > log: info service web: edited, announcing 9.9.9.9/32 with another AS path
  > log: warn ExaBGP refused 'peer * announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 4200000001 ]' (ExaBGP 6 takes no AS number above 65535 in an AS path), retrying in 1 s, then less and less often
  > exabgp: peer * announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 4200000001 ]
  > exabgp: system version

9200 ms
  > exabgp: peer list

9500 ms
  end
