# At a wrong port an application answers 200, too: it counts as before, and the log says once that the page names no NVA.

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
        "siblings": {"urls": ["http://172.16.136.70/health"], "last_standing": {"prepend": 6}}
      }
    }
  }

0 ms
  probe http http://172.16.136.70/health: nameless status 200
  haproxy: http_back 2 of 2 up
  > log: info ExaBGP 4.2.21 answers
  > log: info service web: not known yet -> up (http_back: 2 of 2 servers up), announcing 9.9.9.9/32
  > log: warn sibling http http://172.16.136.70/health: an answer without the header haproxy-rhi-nva counts as healthy, and may be an application's at a wrong port: haproxy-rhi validate --live
  > exabgp: system version
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]

100 ms
  probe http http://172.16.136.70/health: nameless status 200
  haproxy: http_back 2 of 2 up

200 ms
  probe http http://172.16.136.70/health: no status 503
  haproxy: http_back 2 of 2 up

300 ms
  probe http http://172.16.136.70/health: nameless status 200
  haproxy: http_back 2 of 2 up

400 ms
  haproxy: http_back 0 of 2 up
  > log: warn service web: up -> last standing (http_back: 0 of 2 servers up: backend01 DOWN L4CON, backend02 DOWN L4CON; the siblings are being asked), announcing 9.9.9.9/32 with a longer AS path (7, was 1)
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 65010 65010 65010 65010 65010 65010 ]

500 ms
  probe http http://172.16.136.70/health: nameless status 200
  haproxy: http_back 0 of 2 up

20000 ms
  end
