# Seen with ExaBGP 4.2.21 and a neighbor that sends no keepalive within 30 s: ExaBGP's hold timer ends each session.

config:
  {
    "read_back": "0s",
    "services": {
      "web": {
        "prefixes": ["9.9.9.9/32"],
        "next_hop": "172.16.156.70",
        "as_path": [65010],
        "levels": [{"name": "up", "when": {"backend": {"name": "http_back"}}}]
      }
    }
  }

0 ms
  exabgp: neighbor 172.16.159.4 up
  haproxy: http_back 2 of 2 up
  > log: info ExaBGP 4.2.21 answers
  > log: info neighbor 172.16.159.4 up
  > exabgp: system version

100 ms
  haproxy: http_back 2 of 2 up
  > log: info service web: not known yet -> up (http_back: 2 of 2 servers up), announcing 9.9.9.9/32
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]

30330 ms
  exabgp: neighbor 172.16.159.4 down - peer reset, message [notification sent (4,0)] error[Hold timer expired / Unspecific]
  > log: info neighbor 172.16.159.4 down: peer reset, message [notification sent (4,0)] error[Hold timer expired / Unspecific]

30350 ms
  exabgp: neighbor 172.16.159.4 up
  > log: info neighbor 172.16.159.4 up

60680 ms
  exabgp: neighbor 172.16.159.4 down - peer reset, message [notification sent (4,0)] error[Hold timer expired / Unspecific]
  > log: info neighbor 172.16.159.4 down: peer reset, message [notification sent (4,0)] error[Hold timer expired / Unspecific]

60700 ms
  exabgp: neighbor 172.16.159.4 up
  > log: info neighbor 172.16.159.4 up

91000 ms
  exabgp: neighbor 172.16.159.4 down - peer reset, message [notification sent (4,0)] error[Hold timer expired / Unspecific]
  > log: info neighbor 172.16.159.4 down: peer reset, message [notification sent (4,0)] error[Hold timer expired / Unspecific]
  > log: warn neighbor 172.16.159.4: its sessions end about 30 s after they came up, again and again: it may not keep to hold-time 30; write hold-time 180; in exabgp.conf

91020 ms
  exabgp: neighbor 172.16.159.4 up
  > log: info neighbor 172.16.159.4 up

121400 ms
  exabgp: neighbor 172.16.159.4 down - peer reset, message [notification sent (4,0)] error[Hold timer expired / Unspecific]
  > log: info neighbor 172.16.159.4 down: peer reset, message [notification sent (4,0)] error[Hold timer expired / Unspecific]
