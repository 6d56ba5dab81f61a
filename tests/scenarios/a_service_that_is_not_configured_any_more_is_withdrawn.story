# The file lost a service: its route goes, the other stays.

config:
  {
    "services": {
      "web": {
        "prefixes": ["9.9.9.9/32"],
        "next_hop": "172.16.156.70",
        "as_path": [65010],
        "levels": [{"name": "up", "when": {"backend": {"name": "http_back"}}}]
      },
      "api": {
        "prefixes": ["192.0.2.1/32"],
        "next_hop": "172.16.156.70",
        "as_path": [65010],
        "levels": [{"name": "up", "when": {"backend": {"name": "api_back"}}}]
      }
    }
  }

0 ms
  haproxy: http_back 2 of 2 up; api_back: api01 UP
  > log: info ExaBGP 4.2.21 answers
  > exabgp: system version

100 ms
  haproxy: http_back 2 of 2 up; api_back: api01 UP
  > log: info service web: not known yet -> up (http_back: 2 of 2 servers up), announcing 9.9.9.9/32
  > log: info service api: not known yet -> up (api_back: 1 of 1 server up), announcing 192.0.2.1/32
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]
  > exabgp: announce route 192.0.2.1/32 next-hop 172.16.156.70 as-path [ 65010 ]

1000 ms
  config:
    {
      "services": {
        "web": {
          "prefixes": ["9.9.9.9/32"],
          "next_hop": "172.16.156.70",
          "as_path": [65010],
          "levels": [{"name": "up", "when": {"backend": {"name": "http_back"}}}]
        }
      }
    }
  haproxy: http_back 2 of 2 up
  > log: warn service api: state unknown (HAProxy has no backend 'api_back'), holding 'up' for 10s, then withdrawing
  > log: info service api: 192.0.2.1/32 not configured any more, withdrawing
  > exabgp: withdraw route 192.0.2.1/32
