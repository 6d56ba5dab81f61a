# Two NVAs of the preferred region: one that is silent is no reason, while the other serves; both are, and one that is silent
# beside one that says that it does not serve.

config:
  {
    "services": {
      "web": {
        "prefixes": ["9.9.9.9/32"],
        "next_hop": "172.16.136.70",
        "as_path": [65010, 65010, 65010, 65010],
        "levels": [{"name": "up", "when": {"backend": {"name": "http_back"}}}],
        "siblings": {
          "urls": ["http://172.16.156.70/health", "http://172.16.156.71/health", "http://172.16.136.71/health"],
          "settle": "2s",
          "takeover": {"from": ["http://172.16.156.70/health", "http://172.16.156.71/health"], "after": "1s", "as_path": [65010]}
        }
      }
    }
  }

0 ms
  probe lives http http://172.16.156.70/health: yes status 200
  probe lives http http://172.16.156.71/health: yes status 200
  probe lives http http://172.16.136.71/health: yes status 200
  haproxy lives: http_back 2 of 2 up
  > log: info ExaBGP 4.2.21 answers
  > exabgp: system version

103 ms
  > log: info service web: not known yet -> up (http_back: 2 of 2 servers up), announcing 9.9.9.9/32
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.136.70 as-path [ 65010 65010 65010 65010 ]

2010 ms
  probe lives http http://172.16.156.70/health: silent no answer in 250ms
  probe lives http http://172.16.156.71/health: yes status 200
  probe lives http http://172.16.136.71/health: yes status 200

5010 ms
  probe lives http http://172.16.156.70/health: silent no answer in 250ms
  probe lives http http://172.16.156.71/health: silent no answer in 250ms
  probe lives http http://172.16.136.71/health: yes status 200

6003 ms
  > log: warn service web: up -> takeover (http http://172.16.156.70/health silent for 1s; http http://172.16.156.71/health silent for 1s; http_back: 2 of 2 servers up), announcing 9.9.9.9/32 with a shorter AS path (1, was 4)
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.136.70 as-path [ 65010 ]

7010 ms
  probe lives http http://172.16.156.70/health: silent no answer in 250ms
  probe lives http http://172.16.156.71/health: yes status 200
  probe lives http http://172.16.136.71/health: yes status 200

9253 ms
  > log: info service web: takeover -> up (http http://172.16.156.71/health: status 200; http_back: 2 of 2 servers up), announcing 9.9.9.9/32 with a longer AS path (4, was 1)
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.136.70 as-path [ 65010 65010 65010 65010 ]

10010 ms
  probe lives http http://172.16.156.70/health: silent no answer in 250ms
  probe lives http http://172.16.156.71/health: no status 503
  probe lives http http://172.16.136.71/health: yes status 200

10253 ms
  > log: warn service web: up -> takeover (http http://172.16.156.70/health silent for 1s; http http://172.16.156.71/health: status 503; http_back: 2 of 2 servers up), announcing 9.9.9.9/32 with a shorter AS path (1, was 4)
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.136.70 as-path [ 65010 ]

12010 ms
  end
