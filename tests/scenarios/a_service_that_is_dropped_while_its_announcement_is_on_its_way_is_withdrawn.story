# The service is taken out of the file while ExaBGP has not answered its announcement: what may be out is withdrawn once it answers.

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
        "as_path": [65010, 65010],
        "levels": [{"name": "up", "when": {"backend": {"name": "api_back"}}}]
      }
    }
  }

0 ms
  haproxy: http_back 2 of 2 up; api_back: api01 UP
  > log: info ExaBGP 4.2.21 answers
  > exabgp: system version

50 ms
  exabgp answers: nothing

100 ms
  haproxy: http_back 2 of 2 up; api_back: api01 UP
  > log: info service web: not known yet -> up (http_back: 2 of 2 servers up), announcing 9.9.9.9/32
  > log: info service api: not known yet -> up (api_back: 1 of 1 server up), announcing 192.0.2.1/32
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]
  > exabgp: announce route 192.0.2.1/32 next-hop 172.16.156.70 as-path [ 65010 65010 ]

200 ms
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
  > log: info service api: 192.0.2.1/32 not configured any more, withdrawing

300 ms
  exabgp answers: done
  exabgp: done
  exabgp: done
  > exabgp: withdraw route 192.0.2.1/32

1000 ms
  end
