# A service gets another name, so it is another one. Its file condition answers a moment later: the servers were looked at before the edit, and
# it is announced on the look after it.

config:
  {
    "services": {
      "web": {
        "prefixes": ["9.9.9.9/32"],
        "next_hop": "172.16.156.70",
        "as_path": [65010],
        "levels": [{"name": "up", "when": {"any": [{"backend": {"name": "http_back"}}, {"file": {"path": "/run/ready"}}]}}],
        "rise": 1,
        "fall": 1
      }
    }
  }

0 ms
  probe file /run/ready: yes exists
  haproxy: http_back 2 of 2 up
  > log: info ExaBGP 4.2.21 answers
  > log: info service web: not known yet -> up (http_back: 2 of 2 servers up; file /run/ready: exists), announcing 9.9.9.9/32
  > exabgp: system version
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]

1100 ms
  config:
    {
      "services": {
        "shop": {
          "prefixes": ["9.9.9.9/32"],
          "next_hop": "172.16.156.70",
          "as_path": [65010, 65010],
          "levels": [{"name": "up", "when": {"any": [{"backend": {"name": "http_back"}}, {"file": {"path": "/run/ready"}}]}}],
          "rise": 1,
          "fall": 1
        }
      }
    }

1300 ms
  probe file /run/ready: no gone

1700 ms
  haproxy: http_back 2 of 2 up
  > log: info service shop: not known yet -> up (http_back: 2 of 2 servers up), announcing 9.9.9.9/32
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 65010 ]

3000 ms
  end
