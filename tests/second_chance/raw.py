"""Packets that no program sends by itself.

    raw.py acks ADDRESS COUNT     TCP segments of connections that there are not
    raw.py vxlan ADDRESS COUNT    the same in the tunnel's clothes, from somebody who is no sibling
"""

import socket
import struct
import sys

WHAT, TO, COUNT = sys.argv[1], sys.argv[2], int(sys.argv[3])
FROM, ANYCAST = "10.1.0.10", "9.9.9.9"


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def segment(number):
    ack = 0x10
    head = struct.pack("!HHIIBBHHH", 10000 + number % 50000, 80, number, number, 5 << 4, ack, 1000, 0, 0)
    pseudo = socket.inet_aton(FROM) + socket.inet_aton(ANYCAST) + struct.pack("!BBH", 0, 6, len(head))
    return head[:16] + struct.pack("!H", checksum(pseudo + head)) + head[18:]


if WHAT == "acks":
    raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_TCP)
    for number in range(COUNT):
        raw.sendto(segment(number), (TO, 0))
else:
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    for number in range(COUNT):
        tcp = segment(number)
        ip = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(tcp), number, 0, 64, 6, 0)
        ip += socket.inet_aton(FROM) + socket.inet_aton(ANYCAST)
        ip = ip[:10] + struct.pack("!H", checksum(ip)) + ip[12:]
        frame = bytes.fromhex("025c52484901" + "025c52484902" + "0800") + ip + tcp
        udp.sendto(struct.pack("!II", 0x08000000, 92 << 8) + frame, (TO, 4790))
