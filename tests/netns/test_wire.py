# SPDX-License-Identifier: MIT
"""What we send, as it arrives at the client's end of the wire."""

import json
import subprocess
import time

import pytest

import client
from network import V4_SERVER, V6_SERVER
from poller import PORT, by_af_xdp, stats

# Prints what it saw of the server's datagrams: how many over each IP version, and what was wrong with any.
CAPTURE = f"""
import json, socket, struct, sys, time

def ones_complement(data):
    data += b"\\0" * (len(data) % 2)
    total = sum(struct.unpack(f"!{{len(data) // 2}}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return total

def check(frame):
    kind = frame[12:14].hex()
    if kind == "0800":
        ip = frame[14:]
        length, = struct.unpack("!H", ip[2:4])
        if ip[9] != 17 or struct.unpack("!H", ip[20:22])[0] != {PORT}:
            return
        udp = ip[20:length]
        pseudo = ip[12:20] + struct.pack("!BBH", 0, 17, len(udp))
        ecn = ip[1] & 3
        problems = []
        if ip[0] != 0x45: problems.append("header length")
        if ones_complement(ip[:20]) != 0xffff: problems.append("IPv4 checksum")
        if ip[6] != 0x40: problems.append("may be fragmented")
        if ip[8] != 64: problems.append("time to live")
    elif kind == "86dd":
        ip = frame[14:]
        length, = struct.unpack("!H", ip[4:6])
        if ip[6] != 17 or struct.unpack("!H", ip[40:42])[0] != {PORT}:
            return
        udp = ip[40:40 + length]
        pseudo = ip[8:40] + struct.pack("!IHBB", len(udp), 0, 0, 17)
        ecn = ip[1] >> 4 & 3
        problems = []
        if ip[7] != 64: problems.append("hop limit")
    else:
        return
    if udp[6:8] == b"\\0\\0": problems.append("no UDP checksum")
    elif ones_complement(pseudo + udp) != 0xffff: problems.append("UDP checksum")
    if struct.unpack("!H", udp[4:6])[0] != len(udp): problems.append("UDP length")
    seen[kind] = seen.get(kind, 0) + 1
    seen["ecn%d" % ecn] = seen.get("ecn%d" % ecn, 0) + 1
    for problem in problems:
        seen[problem] = seen.get(problem, 0) + 1

s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
s.bind(("c0", 0))
s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 64 << 20)
s.settimeout(0.2)
print("capturing", flush=True)
seen = {{}}
end = time.monotonic() + float(sys.argv[1])
while time.monotonic() < end:
    try:
        frame, address = s.recvfrom(65535)
    except TimeoutError:
        continue
    if address[2] != socket.PACKET_OUTGOING:
        check(frame)
print(json.dumps(seen))
"""


@pytest.mark.parametrize("transmit", [pytest.param(["--tx", "xdp"], marks=pytest.mark.af_xdp, id="xdp"),
                                      pytest.param([], id="auto")])
def test_headers_of_what_we_send(network, site, start_poller, transmit):
    # What the kernel sends over veth it leaves to its receiver to cut and to sum up, unless told not to.
    network.run(network.server, "ethtool", "-K", "s0", "tx", "off", "gso", "off")
    start_poller(*transmit)
    site.make_file("file", 3 << 20)
    capture = network.start(network.client, "/usr/bin/python3", "-c", CAPTURE, "4", stdout=subprocess.PIPE)
    assert capture.stdout.readline() == "capturing\n"
    for address in (V4_SERVER, V6_SERVER):
        client.fetch(network, site, ["file"], address)
    seen = json.loads(capture.communicate(timeout=30)[0])
    assert seen.pop("0800") > 1000
    assert seen.pop("86dd") > 1000
    # ngtcp2 marks ECT(0) until the path has proven itself, and again when it has: both sides agree here.
    assert seen.pop("ecn2") > 1000, "ECT(0) is on the wire"
    seen.pop("ecn0", None)
    assert seen == {}, "nothing was wrong with any"


def test_version_negotiation_over_the_wire(network, poller):
    answer = network.run(network.client, "/usr/bin/python3", "-c", f"""
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(5)
s.sendto(bytes.fromhex("c0babababa0501020304050309080" "7").ljust(1200, b"\\0"), ("{V4_SERVER}", {PORT}))
print(s.recv(2000).hex())""").stdout.strip()
    assert answer[2:].startswith("00000000" "03090807" "050102030405")
    versions = answer[30:]
    assert versions[1:8:2] == "aaaa" and versions[8:] == "00000001" "6b3343cf", "a reserved version, then 1 and 2"
    assert stats(network)["queues"][0]["quic"]["answers"]["version_negotiations_sent"] == 1


def test_multicast_is_not_answered(network, poller):
    network.run(network.client, "/usr/bin/python3", "-c", f"""
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("10.9.0.2"))
s.sendto(bytes.fromhex("c0babababa08010203040506070800").ljust(1200, b"\\0"), ("224.0.0.1", {PORT}))""")
    time.sleep(0.2)
    now = stats(network)
    queue = now["queues"][0]
    assert now["xdp"]["pass_other_station"] == (1 if by_af_xdp() else 0)
    assert queue["socket"]["drop_bad_address"] == 1, "the kernel's socket hears all hosts' address"
    assert queue["af_xdp"]["sent_datagrams"] == queue["socket"]["sent_datagrams"] == 0
