"""Notes when ICMP comes in by a device, by the kernel's own stamp: ear.py DEVICE FILE; a line is nanoseconds, type."""

import socket
import struct
import sys

ETH_P_IP, SO_TIMESTAMPNS, OUTGOING = 0x0800, 35, 4
ear = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ETH_P_IP))
ear.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
ear.bind((sys.argv[1], ETH_P_IP))
with open(sys.argv[2], "w", buffering=1) as notes:
    while True:
        packet, marks, _, sender = ear.recvmsg(32, 64)
        if sender[2] != OUTGOING and packet[9] == socket.IPPROTO_ICMP:
            seconds, nanoseconds = struct.unpack("qq", marks[0][2])
            notes.write(f"{seconds * 10**9 + nanoseconds} {packet[20]}\n")
