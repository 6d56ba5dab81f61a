# Its last refusal arrives just after the start, beside our own done: which is whose cannot be told, so the command goes again.

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
  haproxy: http_back 0 of 2 up
  > log: warn service web: not known yet -> down (http_back: 0 of 2 servers up: backend01 DOWN L4CON, backend02 DOWN L4CON), withdrawing 9.9.9.9/32
  > exabgp: system version

20 ms
  exabgp: exabgp 4.2.21
  exabgp: done
  > log: info ExaBGP 4.2.21 answers
  > exabgp: withdraw route 9.9.9.9/32

40 ms
  exabgp: error

50 ms
  exabgp: done

60 ms
  exabgp answers: done

220 ms
  > log: warn ExaBGP refused 'withdraw route 9.9.9.9/32' (no neighbor of its lists this process), retrying in 1 s, then less and less often

1220 ms
  > log: info ExaBGP accepted 'withdraw route 9.9.9.9/32' at last; it had refused it 1 time(s)
  > exabgp: withdraw route 9.9.9.9/32

6000 ms
  end
