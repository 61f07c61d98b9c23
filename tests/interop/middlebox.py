# SPDX-License-Identifier: MIT
"""The network between client and server: carries frames between two interfaces and does to them what a scenario says.

    middlebox.py CLIENT-INTERFACE SERVER-INTERFACE SCENARIO-JSON FOLDER

Runs until SIGTERM. Leaves client.pcap and server.pcap in the folder (what crossed each interface) and middlebox.json
(the counts of each direction). The same seed does the same to the same packets.
"""

import heapq
import json
import os
import pathlib
import select
import signal
import socket
import sys
import time

from pcap import PcapWriter
from rebinding import Rebinding
from way import Clock, Way

ALL_PROTOCOLS = 3
SOL_PACKET, PACKET_IGNORE_OUTGOING = 263, 23  # linux/if_packet.h
SO_RCVBUFFORCE = 33
AT_ONCE = 32  # frames read before what is due is sent


def open_interface(name):
    made = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ALL_PROTOCOLS))
    made.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
    made.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 16 << 20)
    made.bind((name, 0))
    made.setblocking(False)
    return made


class Side:
    """One interface: its socket, its capture, and the way that its frames go."""

    def __init__(self, interface, capture, way):
        self.socket = open_interface(interface)
        self.capture = PcapWriter(capture)
        self.way = way

    def read(self):
        try:
            return bytearray(self.socket.recv(65535))
        except BlockingIOError:
            return None

    def send(self, frame):
        try:
            self.socket.send(frame)
        except OSError:
            self.way.counts["not_sent"] += 1


class Middlebox:
    def __init__(self, interfaces, scenario, folder):
        seed = scenario.get("seed", 1)
        rebinding = Rebinding(**scenario["rebind"]) if "rebind" in scenario else None
        clock = Clock()
        self.folder = folder
        self.wall = time.time() - time.monotonic()
        self.client, self.server = (
            Side(interface, folder / f"{name}.pcap", Way(towards, scenario, clock, rebinding, seed))
            for interface, name, towards in zip(interfaces, ("client", "server"), ("server", "client")))
        self.due = []
        self.order = 0
        self.flight = 2 * scenario.get("delay", 0) + 0.1
        self.end = float("inf")

    def take(self, side, other):
        for _ in range(AT_ONCE):
            frame = side.read()
            if frame is None:
                return
            now = time.monotonic()
            side.capture.write(self.wall + now, frame)
            for due, changed in side.way.carry(frame, now):
                self.order += 1
                heapq.heappush(self.due, (due, self.order, other, changed))

    def send_what_is_due(self):
        while self.due and self.due[0][0] <= time.monotonic():
            _, _, side, frame = heapq.heappop(self.due)
            side.capture.write(self.wall + time.monotonic(), frame)
            side.send(frame)

    def run(self):
        sockets = {self.client.socket: (self.client, self.server), self.server.socket: (self.server, self.client)}
        while time.monotonic() < self.end:
            wait = min(0.05, max(0, self.due[0][0] - time.monotonic())) if self.due else 0.05
            # select, because its time-out is exact to a microsecond, and epoll's to a millisecond.
            for readable in select.select(list(sockets), [], [], wait)[0]:
                self.take(*sockets[readable])
            self.send_what_is_due()

    def close(self):
        for side in (self.client, self.server):
            side.capture.close()
        counts = {"to_server": self.client.way.counts, "to_client": self.server.way.counts}
        (self.folder / "middlebox.json").write_text(json.dumps(counts, indent=2), encoding="ascii")


def main():
    client, server, scenario, folder = sys.argv[1:]
    os.setpriority(os.PRIO_PROCESS, 0, -15)  # a network does not wait for its hosts
    box = Middlebox((client, server), json.loads(scenario), pathlib.Path(folder))

    def stop(_number, _frame):
        box.end = time.monotonic() + box.flight  # what is on its way arrives: a client's last word, as a rule

    signal.signal(signal.SIGTERM, stop)
    print("ready", flush=True)
    box.run()
    box.close()


if __name__ == "__main__":
    main()
