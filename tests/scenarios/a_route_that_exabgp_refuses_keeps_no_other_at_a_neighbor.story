# ExaBGP refuses one route for ever. A session that comes up after changes is whole all the same: a neighbor that is taken out of another
# service loses that service's route.

config:
  {
    "read_back": "0s",
    "services": {
      "bad": {
        "prefixes": ["198.51.100.1/32"],
        "next_hop": "172.16.156.70",
        "neighbors": ["172.16.159.4"],
        "require_address": false,
        "levels": [{"name": "up", "when": {"file": {"path": "/run/ready"}}}],
        "rise": 1
      },
      "web": {
        "prefixes": ["9.9.9.9/32"],
        "next_hop": "172.16.156.70",
        "neighbors": ["172.16.159.4", "172.16.159.5"],
        "require_address": false,
        "levels": [{"name": "up", "when": {"backend": {"name": "http_back"}}}],
        "rise": 1
      }
    }
  }

0 ms
  exabgp answers: version 4.2.21
  exabgp answers: error to announce route 198.51.100.1
  exabgp answers: established 172.16.159.4
  exabgp answers: established 172.16.159.5
  exabgp: neighbor 172.16.159.4 up
  exabgp: neighbor 172.16.159.5 up
  probe lives file /run/ready: yes exists
  haproxy lives: http_back 2 of 2 up
  > log: info ExaBGP 4.2.21 answers
  > log: warn service bad: state unknown (file /run/ready: not looked at yet), waiting for 10s, then withdrawing
  > log: info service web: not known yet -> up (http_back: 2 of 2 servers up), announcing 9.9.9.9/32
  > log: info neighbor 172.16.159.4 up
  > log: info neighbor 172.16.159.5 up
  > exabgp: system version
  > exabgp: neighbor 172.16.159.4, neighbor 172.16.159.5 announce route 9.9.9.9/32 next-hop 172.16.156.70

3 ms
  > log: info service bad: not known yet -> up (file /run/ready: exists), announcing 198.51.100.1/32

200 ms
  > log: warn ExaBGP refused 'neighbor 172.16.159.4 announce route 198.51.100.1/32 next-hop 172.16.156.70' (ExaBGP's log says why), retrying in 1 s, then less and less often
  > exabgp: neighbor 172.16.159.4 announce route 198.51.100.1/32 next-hop 172.16.156.70
  > exabgp: show neighbor summary

1200 ms
  > exabgp: neighbor 172.16.159.4 announce route 198.51.100.1/32 next-hop 172.16.156.70

3000 ms
  exabgp: neighbor 172.16.159.4 down - peer reset
  haproxy lives: http_back 0 of 2 up
  > log: info neighbor 172.16.159.4 down: peer reset

3103 ms
  > log: warn service web: up -> down (http_back: 0 of 2 servers up: backend01 DOWN L4CON, backend02 DOWN L4CON), withdrawing 9.9.9.9/32
  > exabgp: neighbor 172.16.159.4, neighbor 172.16.159.5 withdraw route 9.9.9.9/32

3200 ms
  > exabgp: neighbor 172.16.159.4 announce route 198.51.100.1/32 next-hop 172.16.156.70

6000 ms
  haproxy lives: http_back 2 of 2 up

6103 ms
  > log: info service web: down -> up (http_back: 2 of 2 servers up), announcing 9.9.9.9/32
  > exabgp: neighbor 172.16.159.4, neighbor 172.16.159.5 announce route 9.9.9.9/32 next-hop 172.16.156.70

7200 ms
  > exabgp: neighbor 172.16.159.4 announce route 198.51.100.1/32 next-hop 172.16.156.70

9000 ms
  exabgp: neighbor 172.16.159.4 up
  > log: info neighbor 172.16.159.4 up
  > log: info neighbor 172.16.159.4 came up after changes, sending it every route again
  > exabgp: neighbor 172.16.159.4 announce route 198.51.100.1/32 next-hop 172.16.156.70

9200 ms
  > exabgp: neighbor 172.16.159.4 announce route 9.9.9.9/32 next-hop 172.16.156.70 origin incomplete
  > exabgp: neighbor 172.16.159.4 announce route 9.9.9.9/32 next-hop 172.16.156.70

12000 ms
  config:
    {
      "read_back": "0s",
      "services": {
        "bad": {
          "prefixes": ["198.51.100.1/32"],
          "next_hop": "172.16.156.70",
          "neighbors": ["172.16.159.4"],
          "require_address": false,
          "levels": [{"name": "up", "when": {"file": {"path": "/run/ready"}}}],
          "rise": 1
        },
        "web": {
          "prefixes": ["9.9.9.9/32"],
          "next_hop": "172.16.156.70",
          "neighbors": ["172.16.159.4"],
          "require_address": false,
          "levels": [{"name": "up", "when": {"backend": {"name": "http_back"}}}],
          "rise": 1
        }
      }
    }
  > log: info service web: edited, announcing 9.9.9.9/32 to 172.16.159.4 (was 172.16.159.4, 172.16.159.5)
  > exabgp: neighbor 172.16.159.4 announce route 9.9.9.9/32 next-hop 172.16.156.70
  > exabgp: neighbor 172.16.159.5 withdraw route 9.9.9.9/32

25000 ms
  > exabgp: neighbor 172.16.159.4 announce route 198.51.100.1/32 next-hop 172.16.156.70

57000 ms
  > log: warn ExaBGP refused 'neighbor 172.16.159.4 announce route 198.51.100.1/32 next-hop 172.16.156.70' 7 times (ExaBGP's log says why); retrying every 60 s; success will be logged
  > exabgp: neighbor 172.16.159.4 announce route 198.51.100.1/32 next-hop 172.16.156.70

60000 ms
  end
