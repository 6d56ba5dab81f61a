"""Packets that no program sends by itself.

    raw.py acks ADDRESS COUNT          TCP segments of connections that there are not, to an anycast address
    raw.py vxlan ADDRESS COUNT KIND [FROM [DEVICE]]
                                       packets in the tunnel's clothes, to the first NVA at ADDRESS, of its own or
                                       of a group, from whatever address, by a device; KIND:
                                       ack, ack6    of connections that there are not, to the anycast address
                                       syn          one that would open a connection to it
                                       own          to the NVA's own address, with as many hops as there can be
                                       udp          to the anycast address, and no TCP
                                       reply        the second NVA's answer to a heartbeat
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
ICMP, TCP, UDP = 1, 6, 17
if KIND == "reply":
    FROM, ANYCAST = ipaddress.ip_address("169.254.92.2").packed, ipaddress.ip_address("169.254.92.1").packed


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def segment(number):
    if KIND == "reply":
        reply = b"\x00\x5c\x00\x00" + struct.pack("!HH", 0x5C5C, number)
        return reply[:2] + struct.pack("!H", checksum(reply)) + reply[4:]
    source = 10000 + number % 50000
    if KIND == "udp":
        return struct.pack("!HHHH", source, 80, 8, 0)
    flags = 0x02 if KIND == "syn" else 0x10
    head = struct.pack("!HHIIBBHHH", source, 80, number, number, 5 << 4, flags, 1000, 0, 0)
    pseudo = FROM + ANYCAST + struct.pack("!II", len(head), TCP)
    return head[:16] + struct.pack("!H", checksum(pseudo + head)) + head[18:]


def packet(number):
    payload = segment(number)
    protocol = {"udp": UDP, "reply": ICMP}.get(KIND, TCP)
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
    source, device = (sys.argv[5:] + ["", ""])[:2]
    if device:
        udp.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, device.encode())
        udp.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
    if source:
        # An address that this host has not: IPV6_FREEBIND, which takes no rights, IP_TRANSPARENT, which does.
        udp.setsockopt(*((socket.IPPROTO_IPV6, 78) if FAMILY == socket.AF_INET6 else (socket.IPPROTO_IP, 19)), 1)
        udp.bind((source, 0))
    for number in range(COUNT):
        frame = bytes.fromhex("025c52484901" + "025c52484902") + packet(number)
        try:
            udp.sendto(struct.pack("!II", 0x08000000, 92 << 8) + frame, (TO, 4790))
        except PermissionError:
            # This host's own rules let it not out.
            pass
