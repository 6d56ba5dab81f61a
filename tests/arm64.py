"""`haproxy-rhi` of another architecture under emulation: a real HAProxy, and a scripted ExaBGP at its standard input and output."""

import os
import signal
import subprocess
import sys
import tempfile
import time

PROGRAM = ["qemu-aarch64", sys.argv[1]]
FILE = "exabgp/north-europe/config.json"
PATIENCE = 60


def says(words, expected, status):
    done = subprocess.run(PROGRAM + words, capture_output=True, text=True)
    text = done.stdout + done.stderr
    assert done.returncode == status and expected in text, (words, done.returncode, text)
    print("ok:", " ".join(words), "->", text.strip().splitlines()[0])


def haproxy(folder):
    socket = os.path.join(folder, "stats.sock")
    with open(os.path.join(folder, "haproxy.cfg"), "w") as file:
        file.write(f"""
defaults
    mode http
    timeout connect 1s
    timeout client 5s
    timeout server 5s
global
    stats socket {socket} level admin
backend http_back
    server backend01 127.0.0.1:9
""")
    return socket, subprocess.Popen(["haproxy", "-db", "-f", file.name], stderr=subprocess.DEVNULL)


def to_haproxy(socket, command):
    import socket as sockets

    with sockets.socket(sockets.AF_UNIX) as stream:
        stream.connect(socket)
        stream.sendall(command.encode() + b"\n")
        stream.recv(4096)


def hears(process, expected):
    """The next statement; questions are answered on the way."""
    while line := process.stdout.readline().strip():
        answer = "exabgp 4.2.21\ndone\n" if line == "system version" else "done\n"
        process.stdin.write(answer)
        process.stdin.flush()
        if line.startswith(("announce", "withdraw")):
            assert line == expected, line
            print("ok: run says:", line)
            return
    raise AssertionError(f"the end, instead of '{expected}'")


def run(folder):
    socket, proxy = haproxy(folder)
    try:
        while not os.path.exists(socket):
            time.sleep(0.1)
        route = "route 9.9.9.9/32"
        announced = f"announce {route} next-hop 172.16.156.70 as-path [ 65010 ]"
        words = ["run", "--stats", socket, "--backend", "http_back", "--prefix", "9.9.9.9/32", "--next-hop", "172.16.156.70"]
        words += ["--as-path", "65010", "--no-address-check"]
        with subprocess.Popen(PROGRAM + words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
            hears(process, announced)
            to_haproxy(socket, "set server http_back/backend01 state maint")
            hears(process, f"withdraw {route}")
            to_haproxy(socket, "set server http_back/backend01 state ready")
            hears(process, announced)
            process.send_signal(signal.SIGTERM)
            hears(process, f"withdraw {route}")
            assert process.wait(PATIENCE) == 0
            print("ok: run leaves with status 0")
    finally:
        proxy.terminate()
        proxy.wait()


signal.alarm(PATIENCE * 5)
says(["--version"], "haproxy-rhi", 0)
says(["validate", FILE], "valid", 0)
says(["check", "--config", FILE], "withdraw route 9.9.9.9/32", 1)
with tempfile.TemporaryDirectory() as folder:
    run(folder)
