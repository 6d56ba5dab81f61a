# rise, fall, a hook, the hold, damping, the interval and a new level below: none of them is an event of the service.

config:
  {
    "services": {
      "web": {
        "prefixes": ["9.9.9.9/32"],
        "next_hop": "172.16.156.70",
        "as_path": [65010],
        "levels": [{"name": "up", "when": {"backend": {"name": "http_back"}}}],
        "damping": {"wait": "5s"}
      }
    }
  }

0 ms
  haproxy lives: http_back 2 of 2 up
  > log: info ExaBGP 4.2.21 answers
  > exabgp: system version

103 ms
  > log: info service web: not known yet -> up (http_back: 2 of 2 servers up), announcing 9.9.9.9/32
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]

1000 ms
  config:
    {
      "hooks": [{"argv": ["/bin/true"]}],
      "services": {
        "web": {
          "prefixes": ["9.9.9.9/32"],
          "next_hop": "172.16.156.70",
          "as_path": [65010],
          "levels": [{"name": "up", "when": {"backend": {"name": "http_back"}}}],
          "damping": {"wait": "5s"},
          "rise": 5,
          "fall": 5
        }
      }
    }

2000 ms
  config:
    {
      "services": {
        "web": {
          "prefixes": ["9.9.9.9/32"],
          "next_hop": "172.16.156.70",
          "as_path": [65010],
          "levels": [{"name": "up", "when": {"backend": {"name": "http_back"}}}],
          "damping": {"wait": "5s"},
          "unknown": {"hold": "1s", "then": "keep"},
          "warm_up": "1m"
        }
      }
    }

3000 ms
  config:
    {
      "haproxy": {"interval": "500ms"},
      "services": {
        "web": {
          "prefixes": ["9.9.9.9/32"],
          "next_hop": "172.16.156.70",
          "as_path": [65010],
          "levels": [{"name": "up", "when": {"backend": {"name": "http_back"}}}]
        }
      }
    }

4000 ms
  config:
    {
      "services": {
        "web": {
          "prefixes": ["9.9.9.9/32"],
          "next_hop": "172.16.156.70",
          "as_path": [65010],
          "levels": [
            {"name": "up", "when": {"backend": {"name": "http_back"}}},
            {"name": "any", "when": {"backend": {"name": "http_back", "count_backup": true}}, "prepend": 2}
          ]
        }
      }
    }

6000 ms
  end
