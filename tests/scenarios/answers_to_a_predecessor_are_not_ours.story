# A respawned process hears what its predecessor asked: what comes before ExaBGP said its version counts for nothing.

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

10 ms
  exabgp: done
  exabgp: error

20 ms
  exabgp: exabgp 4.2.21
  exabgp: error
  > log: info ExaBGP 4.2.21 answers

30 ms
  exabgp: done
  exabgp: done
  > exabgp: withdraw route 9.9.9.9/32

40 ms
  exabgp: done

50 ms
  exabgp answers: done

6000 ms
  end
