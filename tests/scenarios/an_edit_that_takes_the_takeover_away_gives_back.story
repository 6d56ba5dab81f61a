# And one that names another sibling moves nothing by itself.

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
  probe lives http http://172.16.156.70/health: silent no answer in 250ms
  probe lives http http://172.16.156.71/health: silent no answer in 250ms
  haproxy lives: http_back 2 of 2 up
  > log: info ExaBGP 4.2.21 answers
  > exabgp: system version

1003 ms
  > log: warn service web: not known yet -> takeover (http http://172.16.156.70/health silent for 1s; http_back: 2 of 2 servers up), announcing 9.9.9.9/32
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.136.70 as-path [ 65010 ]

2010 ms
  config:
    {
      "services": {
        "web": {
          "prefixes": ["9.9.9.9/32"],
          "next_hop": "172.16.136.70",
          "as_path": [65010, 65010, 65010, 65010],
          "levels": [{"name": "up", "when": {"backend": {"name": "http_back"}}}],
          "siblings": {"urls": ["http://172.16.156.71/health"], "settle": "2s", "takeover": {"after": "1s", "as_path": [65010]}}
        }
      }
    }

5010 ms
  config:
    {
      "services": {
        "web": {
          "prefixes": ["9.9.9.9/32"],
          "next_hop": "172.16.136.70",
          "as_path": [65010, 65010, 65010, 65010],
          "levels": [{"name": "up", "when": {"backend": {"name": "http_back"}}}],
          "siblings": {"urls": ["http://172.16.156.71/health"], "settle": "2s"}
        }
      }
    }
  > log: info service web: takeover -> up (http_back: 2 of 2 servers up), announcing 9.9.9.9/32
  > log: info service web: edited, announcing 9.9.9.9/32 with a longer AS path (4, was 1)
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.136.70 as-path [ 65010 65010 65010 65010 ]

6010 ms
  end
