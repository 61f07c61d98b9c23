# SPDX-License-Identifier: MIT
"""A capture from beyond the NAT, as if there were none.

tshark knows a connection by its IDs; where a client's are empty, by addresses and ports, and a rebinding is the end of
that. So it gets to read a copy in which the client has stayed what it was.
"""

import socket

import frames
from pcap import records
from rebinding import Rebinding

PORTS = range(Rebinding.FIRST_PORT, Rebinding.FIRST_PORT + Rebinding.PORTS)


def endpoint(frame, packet, which):
    begin, end = getattr(packet, which)
    return bytes(frame[begin:end]), frames.port(frame, packet, which)


def copy(path, copied):
    """Writes the copy; returns the true (source, destination) of each of its frames that has one."""
    client = None
    paths = {}
    with open(path, "rb") as original, open(copied, "wb") as file:
        file.write(original.read(24))
        for number, (header, frame) in enumerate(records(path), 1):
            packet = frames.parse(frame)
            if packet:
                ends = {which: endpoint(frame, packet, which) for which in ("source", "destination")}
                family = socket.AF_INET if packet.version == 4 else socket.AF_INET6
                paths[number] = tuple((socket.inet_ntop(family, address), port) for address, port in ends.values())
                client = client or ends["source"]  # who speaks first
                for which, (_, port) in ends.items():
                    if port in PORTS:
                        frames.replace_address(frame, packet, getattr(packet, which), client[0])
                        frames.replace_port(frame, packet, which, client[1])
            file.write(header + frame)
    return paths
