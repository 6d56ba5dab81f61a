# Nothing but version is written before it answers.

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
  exabgp answers: nothing
  haproxy: http_back 2 of 2 up
  > exabgp: system version

100 ms
  haproxy: http_back 2 of 2 up
  > log: info service web: not known yet -> up (http_back: 2 of 2 servers up), announcing 9.9.9.9/32

3000 ms
  > log: warn ExaBGP is not answering; the latest state will be sent when it does

5000 ms
  haproxy: http_back 2 of 2 up

8000 ms
  exabgp answers: done
  exabgp: exabgp 5.0.15
  exabgp: done
  > log: info ExaBGP 5.0.15 answers
  > exabgp: announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]

9000 ms
  end
