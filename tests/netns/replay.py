# SPDX-License-Identifier: MIT
"""Records the QUIC datagrams that leave c0 for a server; told to, sends those of the last connection's first flight
again, from another port: replay.py SERVER. Prints how many."""

import select
import socket
import sys

PORT = 4433
FLIGHT = 10  # datagrams

server = sys.argv[1]
tap = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
tap.bind(("c0", 0))
print("recording", flush=True)
flight = []
while True:
    readable, _, _ = select.select([tap, sys.stdin], [], [])
    if tap in readable:
        frame, address = tap.recvfrom(65535)
        udp = frame[34:]
        sent_to_server = address[2] == socket.PACKET_OUTGOING and frame[12:14] == b"\x08\x00" and frame[23] == 17
        if sent_to_server and int.from_bytes(udp[2:4], "big") == PORT and len(flight) < FLIGHT:
            flight.append(udp[8:])
    elif sys.stdin in readable:
        break
again = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for payload in flight:
    again.sendto(payload, (server, PORT))
print(len(flight))
