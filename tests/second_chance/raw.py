"""Packets that no program sends by itself.

    raw.py acks ADDRESS COUNT          TCP segments of connections that there are not, to an anycast address
    raw.py vxlan ADDRESS COUNT KIND [FROM [DEVICE [ROUTER]]]
                                       packets in the tunnel's clothes, to the first NVA at ADDRESS, of its own or
                                       of a group, from whatever address, by a device, first to a
                                       router (RFC 8754, a routing header; RFC 791, a source route); KIND:
                                       ack, ack6    of connections that there are not, to the anycast address
                                       syn          one that would open a connection to it
                                       own          to the NVA's own address, with as many hops as there can be
                                       udp          to the anycast address, and no TCP
                                       reply        the second NVA's answer to a heartbeat
    raw.py too-big NVA COUNT FROM TO PROTOCOL [whole | pieces]
                                       ICMP's word that a packet of PROTOCOL (a number) from FROM to TO was too big, which
                                       nobody sent, in one packet or with its head alone
    raw.py redirect NVA COUNT FROM TO PROTOCOL
                                       ICMP's word that there is a better way for such packets
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
elif WHAT in ("too-big", "redirect"):
    source, to = (ipaddress.ip_address(word) for word in sys.argv[4:6])
    protocol, pieces = int(sys.argv[6]), sys.argv[7:] == ["pieces"]
    # An answer to a ping, of which the kernel keeps nothing, or ports.
    head = bytes.fromhex("005c00005c5c0001") if protocol in (ICMP, 58) else struct.pack("!HHHH", 4790, 4790, 1400, 0)
    raw = socket.socket(FAMILY, socket.SOCK_RAW, socket.IPPROTO_RAW)
    own = socket.socket(FAMILY, socket.SOCK_DGRAM)
    own.connect((TO, 9))
    here = ipaddress.ip_address(own.getsockname()[0]).packed
    nva = ipaddress.ip_address(TO).packed

    def ipv4(payload, kind, number, offset, source, to):
        fields = (0x45, 0, 20 + len(payload), number, offset, 64, kind, 0)
        header = struct.pack("!BBHHHBBH", *fields) + source + to
        return header[:10] + struct.pack("!H", checksum(header)) + header[12:] + payload

    def ipv6(payload, kind, source, to):
        return struct.pack("!IHBB", 6 << 28, len(payload), kind, 64) + source + to + payload

    for number in range(1, COUNT + 1):
        if ":" in TO:
            quoted = ipv6(head, protocol, source.packed, to.packed)
            error = struct.pack("!BBHI", 2, 0, 0, 1280) + quoted
            if WHAT == "redirect":
                error = struct.pack("!BBHI", 137, 0, 0, 0) + here + to.packed + quoted
            pseudo = here + nva + struct.pack("!II", len(error), 58)
            error = error[:2] + struct.pack("!H", checksum(pseudo + error)) + error[4:]
            part = lambda offset, more: struct.pack("!BBHI", 58, 0, offset | more, number)
            packets = [ipv6(part(0, 1) + error[:8], 44, here, nva), ipv6(part(8, 0) + error[8:], 44, here, nva)]
            whole = ipv6(error, 58, here, nva)
        else:
            error = struct.pack("!BBHHH", 3, 4, 0, 0, 600) + ipv4(head, protocol, number, 0, source.packed, to.packed)
            if WHAT == "redirect":
                other = nva[:3] + b"\xc8"
                error = struct.pack("!BBH", 5, 1, 0) + other + error[8:]
            error = error[:2] + struct.pack("!H", checksum(error)) + error[4:]
            packets = [ipv4(error[:8], ICMP, number, 0x2000, here, nva), ipv4(error[8:], ICMP, number, 1, here, nva)]
            whole = ipv4(error, ICMP, number, 0, here, nva)
        for packet in packets if pieces else [whole]:
            raw.sendto(packet, (TO, 0))
else:
    udp = socket.socket(FAMILY, socket.SOCK_DGRAM)
    source, device, router = (sys.argv[5:] + ["", "", ""])[:3]
    if router and FAMILY == socket.AF_INET:
        udp.setsockopt(socket.IPPROTO_IP, socket.IP_OPTIONS, b"\x83\x07\x04" + ipaddress.ip_address(router).packed)
    elif router:
        # Which takes no rights. The last segment is written by the kernel.
        segments = bytes(16) + ipaddress.ip_address(router).packed
        header = struct.pack("!BBBBBBH", 0, 4, 4, 1, 1, 0, 0) + segments
        udp.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RTHDR, header)
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
