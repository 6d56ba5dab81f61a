# ExaBGP answers error: again after 1 s, 2 s, 4 s; taken at last.

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

0 ms
  exabgp answers: error to announce
  haproxy: http_back 2 of 2 up
  > log: info ExaBGP 4.2.21 answers
  > exabgp: system version

100 ms
  haproxy: http_back 2 of 2 up
  > log: info service web: not known yet -> up (http_back: 2 of 2 servers up), announcing 9.9.9.9/32
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]

200 ms
  > log: warn ExaBGP refused 'announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]' (ExaBGP's log says why), retrying in 1 s, then less and less often

1200 ms
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]

3200 ms
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]

5000 ms
  exabgp answers: done

7200 ms
  > log: info ExaBGP accepted 'announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]' at last; it had refused it 3 time(s)
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]

9000 ms
  end
