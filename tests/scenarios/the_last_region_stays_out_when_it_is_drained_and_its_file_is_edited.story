# The same, and the file is edited: another rise and a hook, then another sibling, then nonsense. Held stays held, and the sibling that
# nobody asked yet takes nothing away.

config:
  {
    "services": {
      "web": {
        "prefixes": ["9.9.9.9/32"],
        "next_hop": "172.16.156.70",
        "as_path": [65010],
        "levels": [{"name": "up", "when": {"backend": {"name": "http_back"}}}],
        "rise": 1,
        "fall": 1,
        "drain": {"prepend": 3, "for": "500ms"},
        "siblings": {"urls": ["http://172.16.136.70/health"], "settle": "2s", "last_standing": {"prepend": 6}}
      }
    }
  }

0 ms
  probe lives http http://172.16.136.70/health: no 503
  probe lives http http://172.16.140.70/health: no 503
  haproxy lives: http_back 2 of 2 up
  > log: info ExaBGP 4.2.21 answers
  > log: info service web: not known yet -> up (http_back: 2 of 2 servers up), announcing 9.9.9.9/32
  > exabgp: system version
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]

100 ms
  drain web: kernel update
  > log: info service web: drain by alice: kernel update, announcing 9.9.9.9/32 with a longer AS path (4, was 1) for 500ms

200 ms
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 65010 65010 65010 ]

600 ms
  > log: info service web: drain by alice: kernel update, asking the siblings before withdrawing 9.9.9.9/32

900 ms
  > log: warn service web: drain by alice: kernel update, no sibling is known to be healthy, not withdrawing 9.9.9.9/32 (a drain with --force does)

2000 ms
  config:
    {
      "hooks": [{"argv": ["/bin/true"]}],
      "services": {
        "web": {
          "prefixes": ["9.9.9.9/32"],
          "next_hop": "172.16.156.70",
          "as_path": [65010],
          "levels": [{"name": "up", "when": {"backend": {"name": "http_back"}}}],
          "rise": 3,
          "fall": 1,
          "drain": {"prepend": 3, "for": "500ms"},
          "siblings": {"urls": ["http://172.16.136.70/health"], "settle": "2s", "last_standing": {"prepend": 6}}
        }
      }
    }

2500 ms
  config:
    {
      "services": {
        "web": {
          "prefixes": ["9.9.9.9/32"],
          "next_hop": "172.16.156.70",
          "as_path": [65010],
          "levels": [{"name": "up", "when": {"backend": {"name": "http_back"}}}],
          "rise": 3,
          "fall": 1,
          "drain": {"prepend": 3, "for": "500ms"},
          "siblings": {"urls": ["http://172.16.140.70/health"], "settle": "2s", "last_standing": {"prepend": 6}}
        }
      }
    }

2600 ms
  config:
    {
      "services": {
        "web": {
          "prefixes": ["9.9.9.9/32"],
          "next_hop": "172.16.156.70",
          "as_path": [65010],
          "levels": [{"name": "up", "when": {"backend": {"name": "http_back"}}}],
          "rise": 0,
          "fall": 1,
          "drain": {"prepend": 3, "for": "500ms"},
          "siblings": {"urls": ["http://172.16.140.70/health"], "settle": "2s", "last_standing": {"prepend": 6}}
        }
      }
    }
  > log: error config.json:8:15: services.web.rise: 0 is out of range; write 1 to 1000000; keeping the configuration that is in force

4500 ms
  end
