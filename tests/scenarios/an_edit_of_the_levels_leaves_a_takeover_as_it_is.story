# A level is put before the one that is in force: the route does not go back to a longer path, to clients of a dead region,
# before it is known whether the new one holds. And a level that becomes the best one by an edit takes over by a look, with a
# line in the log.

config:
  {
    "services": {
      "web": {
        "prefixes": ["9.9.9.9/32"],
        "next_hop": "172.16.136.70",
        "as_path": [65010, 65010, 65010, 65010],
        "levels": [{"name": "up", "when": {"backend": {"name": "http_back", "min_active": 1}}, "prepend": 0}],
        "siblings": {"urls": ["http://172.16.156.70/health"], "settle": "2s", "takeover": {"after": "1s", "as_path": [65010]}}
      }
    }
  }

0 ms
  probe lives http http://172.16.156.70/health: silent no answer in 250ms
  haproxy lives: http_back 2 of 2 up
  > log: info ExaBGP 4.2.21 answers
  > exabgp: system version

1003 ms
  > log: warn service web: not known yet -> takeover (http http://172.16.156.70/health silent for 1s; http_back: 2 of 2 servers up), announcing 9.9.9.9/32
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.136.70 as-path [ 65010 ]

3010 ms
  config:
    {
      "services": {
        "web": {
          "prefixes": ["9.9.9.9/32"],
          "next_hop": "172.16.136.70",
          "as_path": [65010, 65010, 65010, 65010],
          "levels": [{"name": "renamed", "when": {"backend": {"name": "http_back", "min_active": 1}}, "prepend": 0}],
          "siblings": {"urls": ["http://172.16.156.70/health"], "settle": "2s", "takeover": {"after": "1s", "as_path": [65010]}}
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
          "levels": [{"name": "full", "when": {"backend": {"name": "http_back", "min_active": 2}}, "prepend": 0}, {"name": "renamed", "when": {"backend": {"name": "http_back", "min_active": 1}}, "prepend": 1}],
          "siblings": {"urls": ["http://172.16.156.70/health"], "settle": "2s", "takeover": {"after": "1s", "as_path": [65010]}}
        }
      }
    }

5110 ms
  > log: warn service web: not known yet -> takeover (http http://172.16.156.70/health silent for 1s; http_back: 2 of 2 servers up), announcing 9.9.9.9/32

8010 ms
  config:
    {
      "services": {
        "web": {
          "prefixes": ["9.9.9.9/32"],
          "next_hop": "172.16.136.70",
          "as_path": [65010, 65010, 65010, 65010],
          "levels": [{"name": "better", "when": {"backend": {"name": "http_back", "min_active": 3}}, "prepend": 0}, {"name": "full", "when": {"backend": {"name": "http_back", "min_active": 2}}, "prepend": 1}, {"name": "renamed", "when": {"backend": {"name": "http_back", "min_active": 1}}, "prepend": 2}],
          "siblings": {"urls": ["http://172.16.156.70/health"], "settle": "2s", "takeover": {"after": "1s", "as_path": [65010]}}
        }
      }
    }

8110 ms
  > log: warn service web: not known yet -> full (http http://172.16.156.70/health silent for 1s; http_back: 2 of 2 servers up, 3 wanted), announcing 9.9.9.9/32
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.136.70 as-path [ 65010 65010 65010 65010 65010 ]

11010 ms
  config:
    {
      "services": {
        "web": {
          "prefixes": ["9.9.9.9/32"],
          "next_hop": "172.16.136.70",
          "as_path": [65010, 65010, 65010, 65010],
          "levels": [{"name": "full", "when": {"backend": {"name": "http_back", "min_active": 2}}, "prepend": 0}, {"name": "renamed", "when": {"backend": {"name": "http_back", "min_active": 1}}, "prepend": 1}],
          "siblings": {"urls": ["http://172.16.156.70/health"], "settle": "2s", "takeover": {"after": "1s", "as_path": [65010]}}
        }
      }
    }

11110 ms
  > log: warn service web: not known yet -> takeover (http http://172.16.156.70/health silent for 1s; http_back: 2 of 2 servers up), announcing 9.9.9.9/32
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.136.70 as-path [ 65010 ]

14010 ms
  end
