# A neighbor is named that exabgp.conf does not have, which is said. The name is taken out, and put in again: that is the same fault anew, and
# is said at once. What is then named by no service any more is not said, and nothing waits for it, to which nothing was said.

config:
  {
    "services": {
      "web": {
        "prefixes": ["9.9.9.9/32"],
        "next_hop": "172.16.156.70",
        "neighbors": ["172.16.159.4", "172.16.159.5"],
        "levels": [{"name": "up", "when": {"backend": {"name": "http_back"}}}],
        "rise": 1
      }
    }
  }

0 ms
  exabgp answers: JSON version 6.0.0
  exabgp answers: established 172.16.159.4
  exabgp answers: holds neighbor 172.16.159.4 local-ip 172.16.156.70 local-as 65010 peer-as 65515 router-id 172.16.156.70 family-allowed in-open ipv4 unicast 9.9.9.9/32 next-hop 172.16.156.70
  haproxy: http_back 2 of 2 up
  > log: info ExaBGP 6.0.0 answers, in the grammar of its API version 6
  > log: warn ExaBGP has no neighbor 172.16.159.5, so nothing is said to it until it has; exabgp.conf must have it, or 'neighbors' must not name it
  > log: info service web: not known yet -> up (http_back: 2 of 2 servers up), announcing 9.9.9.9/32
  > exabgp: system version
  > exabgp: peer list

200 ms
  > log: info neighbor 172.16.159.4 has been up since before this process started
  > exabgp: peer 172.16.159.4 routes add route 9.9.9.9/32 next-hop 172.16.156.70
  > exabgp: peer * routes list
  > exabgp: peer list

400 ms
  > exabgp: peer list

1000 ms
  > exabgp: peer list

3000 ms
  > exabgp: peer list

7000 ms
  > exabgp: peer list

9000 ms
  config:
    {
      "services": {
        "web": {
          "prefixes": ["9.9.9.9/32"],
          "next_hop": "172.16.156.70",
          "neighbors": ["172.16.159.4"],
          "levels": [{"name": "up", "when": {"backend": {"name": "http_back"}}}],
          "rise": 1
        }
      }
    }
  > log: info service web: edited, announcing 9.9.9.9/32 to 172.16.159.4 (was 172.16.159.4, 172.16.159.5)
  > exabgp: peer 172.16.159.4 routes add route 9.9.9.9/32 next-hop 172.16.156.70

9100 ms
  haproxy: http_back 2 of 2 up

9200 ms
  > exabgp: peer list

12000 ms
  config:
    {
      "services": {
        "web": {
          "prefixes": ["9.9.9.9/32"],
          "next_hop": "172.16.156.70",
          "neighbors": ["172.16.159.4", "172.16.159.5"],
          "levels": [{"name": "up", "when": {"backend": {"name": "http_back"}}}],
          "rise": 1
        }
      }
    }
  > log: info service web: edited, announcing 9.9.9.9/32 to 172.16.159.4, 172.16.159.5 (was 172.16.159.4)
  > log: warn ExaBGP has no neighbor 172.16.159.5, so nothing is said to it until it has; exabgp.conf must have it, or 'neighbors' must not name it
  > exabgp: peer list
  > exabgp: peer 172.16.159.4 routes add route 9.9.9.9/32 next-hop 172.16.156.70

12100 ms
  haproxy: http_back 2 of 2 up

12200 ms
  > exabgp: peer list

13000 ms
  > exabgp: peer list

14000 ms
  config:
    {
      "services": {
        "web": {
          "prefixes": ["9.9.9.9/32"],
          "next_hop": "172.16.156.70",
          "neighbors": ["172.16.159.4"],
          "levels": [{"name": "up", "when": {"backend": {"name": "http_back"}}}],
          "rise": 1
        }
      }
    }
  > log: info service web: edited, announcing 9.9.9.9/32 to 172.16.159.4 (was 172.16.159.4, 172.16.159.5)
  > exabgp: peer 172.16.159.4 routes add route 9.9.9.9/32 next-hop 172.16.156.70

14100 ms
  haproxy: http_back 2 of 2 up

14200 ms
  > exabgp: peer list

20000 ms
  end
