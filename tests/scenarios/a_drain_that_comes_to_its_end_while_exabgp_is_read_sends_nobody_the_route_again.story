# A drain comes to its end while ExaBGP, which acknowledges nothing, says what it holds: a neighbor that came up after changes is not
# sent the route again before the sibling is asked anew and the route is withdrawn.

config:
  {
    "read_back": "10s",
    "services": {
      "web": {
        "prefixes": ["9.9.9.9/32"],
        "next_hop": "172.16.156.70",
        "as_path": [65010],
        "levels": [{"name": "up", "when": {"backend": {"name": "http_back"}}}],
        "rise": 1,
        "fall": 1,
        "drain": {"ask": "1s", "prepend": 3, "community": ["65010:7"], "for": "500ms"},
        "siblings": {"urls": ["http://172.16.136.70/health"], "last_standing": {"prepend": 6}}
      }
    }
  }

0 ms
  exabgp answers: no acks
  exabgp: neighbor 172.16.159.4 up
  probe lives http http://172.16.136.70/health: yes 200
  haproxy: http_back 2 of 2 up
  > log: info ExaBGP 4.2.21 answers
  > log: info service web: not known yet -> up (http_back: 2 of 2 servers up), announcing 9.9.9.9/32
  > log: info neighbor 172.16.159.4 up
  > exabgp: system version

300 ms
  > log: warn ExaBGP acknowledges no commands (exabgp.api.ack is false), so a refused one is not noticed; set exabgp.api.ack to true
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]
  > exabgp: system version

8000 ms
  exabgp: neighbor 172.16.159.4 down
  > log: info neighbor 172.16.159.4 down

8100 ms
  haproxy: http_back 0 of 2 up
  > log: warn service web: up -> last standing (http_back: 0 of 2 servers up: backend01 DOWN L4CON, backend02 DOWN L4CON; the siblings are being asked), announcing 9.9.9.9/32 with a longer AS path (7, was 1)
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 65010 65010 65010 65010 65010 65010 ]
  > exabgp: system version

8500 ms
  haproxy: http_back 2 of 2 up
  > log: info service web: last standing -> up (http_back: 2 of 2 servers up), announcing 9.9.9.9/32 with a shorter AS path (1, was 7)
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]
  > exabgp: system version

9000 ms
  drain web: kernel update
  > log: info service web: drain by alice: kernel update, announcing 9.9.9.9/32 with a longer AS path (4, was 1) for 500ms
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 65010 65010 65010 ] community [ 65010:7 ]
  > exabgp: system version

9300 ms
  exabgp answers: no acks
  exabgp answers: holds neighbor 172.16.159.4 local-ip 172.16.156.70 local-as 65010 peer-as 65515 router-id 172.16.156.70 family-allowed in-open ipv4 unicast 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 65010 65010 65010 ] community [ 65010:7 ]
  no probe lives

9500 ms
  > log: info service web: drain by alice: kernel update, asking the siblings before withdrawing 9.9.9.9/32

10000 ms
  > exabgp: show adj-rib out extensive
  > exabgp: system version

10250 ms
  exabgp: neighbor 172.16.159.4 up
  > log: info neighbor 172.16.159.4 up
  > log: info neighbor 172.16.159.4 came up after changes, sending it every route again

10300 ms
  probe http http://172.16.136.70/health: yes 200
  haproxy: http_back 2 of 2 up
  > log: info service web: drained by alice: kernel update, withdrawing 9.9.9.9/32

11600 ms
  probe lives http http://172.16.136.70/health: yes 200
  haproxy: http_back 2 of 2 up
  > exabgp: withdraw route 9.9.9.9/32
  > exabgp: system version

11800 ms
  > exabgp: neighbor 172.16.159.4 withdraw route 9.9.9.9/32
  > exabgp: system version

13000 ms
  end
