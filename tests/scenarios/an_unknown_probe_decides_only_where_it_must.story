# all: one no is no, whatever the unknown one is. any: one yes is yes.

config:
  {
    "services": {
      "both": {
        "prefixes": ["192.0.2.1/32"],
        "next_hop": "172.16.156.70",
        "as_path": [65010],
        "levels": [
          {
            "name": "up",
            "when": {
              "all": [
                {"http": {"url": "http://127.0.0.1/health"}},
                {"command": {"argv": ["/usr/local/bin/check"]}}
              ]
            }
          }
        ]
      },
      "either": {
        "prefixes": ["192.0.2.2/32"],
        "next_hop": "172.16.156.70",
        "as_path": [65010],
        "levels": [
          {
            "name": "up",
            "when": {
              "any": [
                {"http": {"url": "http://127.0.0.1/health"}},
                {"command": {"argv": ["/usr/local/bin/check"]}}
              ]
            }
          }
        ]
      }
    }
  }

0 ms
  probe http http://127.0.0.1/health: yes status 200
  probe command /usr/local/bin/check: unknown cannot be run: no such file or directory
  look
  > log: info ExaBGP 4.2.21 answers
  > log: warn service both: state unknown (command /usr/local/bin/check: cannot be run: no such file or directory), waiting for 10s, then withdrawing
  > exabgp: system version

100 ms
  probe http http://127.0.0.1/health: yes status 200
  probe command /usr/local/bin/check: unknown cannot be run: no such file or directory
  look
  > log: info service either: not known yet -> up (http http://127.0.0.1/health: status 200), announcing 192.0.2.2/32
  > exabgp: announce route 192.0.2.2/32 next-hop 172.16.156.70 as-path [ 65010 ]

1000 ms
  probe http http://127.0.0.1/health: no status 503
  probe command /usr/local/bin/check: unknown cannot be run: no such file or directory
  look
  > log: warn service both: not known yet -> down (http http://127.0.0.1/health: status 503), withdrawing 192.0.2.1/32
  > log: warn service either: state unknown (command /usr/local/bin/check: cannot be run: no such file or directory), holding 'up' for 10s, then withdrawing
  > exabgp: withdraw route 192.0.2.1/32
