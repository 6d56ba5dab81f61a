"""Packets that no program sends by itself.

    raw.py acks ADDRESS COUNT          TCP segments of connections that there are not, to an anycast address
    raw.py vxlan ADDRESS COUNT KIND    segments in the tunnel's clothes, to the first NVA at ADDRESS; KIND:
                                       ack, ack6    of connections that there are not, to the anycast address
                                       syn          one that would open a connection to it
                                       own          to the NVA's own address, with as many hops as there can be
                                       udp          to the anycast address, and no TCP
"""

import ipaddress
import socket
import struct
import sys

WHAT, TO, COUNT = sys.argv[1], sys.argv[2], int(sys.argv[3])
KIND = sys.argv[4] if WHAT == "vxlan" else "ack6" if ":" in TO else "ack"
SIX = KIND == "ack6"
FROM = ipaddress.ip_address("fd00::10" if SIX else "10.1.0.10").packed
ANYCAST = ipaddress.ip_address("2001:db8:9::9" if SIX else "172.16.1.70" if KIND == "own" else "9.9.9.9").packed
TCP, UDP = 6, 17


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def segment(number):
    source = 10000 + number % 50000
    if KIND == "udp":
        return struct.pack("!HHHH", source, 80, 8, 0)
    flags = 0x02 if KIND == "syn" else 0x10
    head = struct.pack("!HHIIBBHHH", source, 80, number, number, 5 << 4, flags, 1000, 0, 0)
    pseudo = FROM + ANYCAST + struct.pack("!II", len(head), TCP)
    return head[:16] + struct.pack("!H", checksum(pseudo + head)) + head[18:]


def packet(number):
    payload = segment(number)
    protocol = UDP if KIND == "udp" else TCP
    hops = 0xFF if KIND == "own" else 64
    if SIX:
        return b"\x86\xdd" + struct.pack("!IHBB", 6 << 28, len(payload), protocol, hops) + FROM + ANYCAST + payload
    ip = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(payload), number, 0, hops, protocol, 0) + FROM + ANYCAST
    return b"\x08\x00" + ip[:10] + struct.pack("!H", checksum(ip)) + ip[12:] + payload


FAMILY = socket.AF_INET6 if ":" in TO else socket.AF_INET
if WHAT == "acks":
    raw = socket.socket(FAMILY, socket.SOCK_RAW, socket.IPPROTO_TCP)
    for number in range(COUNT):
        raw.sendto(segment(number), (TO, 0))
else:
    udp = socket.socket(FAMILY, socket.SOCK_DGRAM)
    for number in range(COUNT):
        frame = bytes.fromhex("025c52484901" + "025c52484902") + packet(number)
        udp.sendto(struct.pack("!II", 0x08000000, 92 << 8) + frame, (TO, 4790))
