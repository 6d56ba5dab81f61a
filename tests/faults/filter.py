# Between ExaBGP and haproxy-rhi: what a word in a file says becomes of the lines. Both words and lines are whole.
import os
import random
import subprocess
import sys
import threading
import time

MODE = "/etc/haproxy-rhi/answers"
ANSWERS = (b"done\n", b"error\n")


def mode():
    try:
        return open(MODE).read().split() or ["pass"]
    except OSError:
        return ["pass"]


helper = subprocess.Popen(sys.argv[1:], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
lock = threading.Lock()
held = []


def tell(line):
    try:
        os.write(helper.stdin.fileno(), line)
    except OSError:
        os._exit(1)


def release():
    with lock:
        random.shuffle(held)
        for line in held:
            tell(line)
        held.clear()


def late():
    while True:
        time.sleep(random.uniform(0.02, 0.2))
        release()


def answers():
    count = 0
    for line in sys.stdin.buffer:
        what = mode()[0]
        if line in ANSWERS:
            count += 1
            if what == "lose-all" or what == "lose" and count % 3 == 0:
                continue
            if what == "shuffle":
                with lock:
                    held.append(line)
                continue
        tell(line)
        # ExaBGP answers `version` at once; what a predecessor's commands in its queue come to follows then.
        if what == "strange" and line.startswith(b"exabgp "):
            for _ in range(16):
                tell(random.choice(ANSWERS))
                time.sleep(0.005)
    os._exit(0)


if mode()[0] == "strange":
    for _ in range(100):
        tell(random.choice(ANSWERS))
threading.Thread(target=answers, daemon=True).start()
threading.Thread(target=late, daemon=True).start()
for line in helper.stdout:
    words = mode()
    if words[0] == "swallow" and words[1].encode() in line:
        continue
    os.write(1, line)
os._exit(0)
