# SPDX-License-Identifier: MIT
"""What befalls the frames of one direction on their way through the middlebox."""

import collections
import random

import frames
from bursts import Bursts
from link import Link

MACS = 12  # not counted at a link's rate: what remains is the IP packet and two bytes, as on a point-to-point link


class Clock:
    """Seconds since the first QUIC packet of either direction."""

    def __init__(self):
        self.begin = None

    def age(self, now):
        if self.begin is None:
            self.begin = now
        return now - self.begin


class Way:
    """`towards` is "server" or "client". The scenario's keys:

    delay (s), kbit (per second), queue (packets): the link; TCP goes through it too, all else past it
    port: the server's UDP port; only its packets suffer what follows
    black_hole: {after, lasts, every} in seconds after the first QUIC packet
    rebind: {what, first, every}, see Rebinding
    to_server, to_client: {loss, corrupt, burst, drop, reorder, reorder_delay, duplicate, mark, mtu}
    """

    def __init__(self, towards, scenario, clock, rebinding, seed):
        self.towards = towards
        self.port = scenario["port"]
        self.clock = clock
        self.rebinding = rebinding
        self.black_hole = scenario.get("black_hole")
        settings = scenario.get(f"to_{towards}", {})
        self.link = Link(scenario.get("delay", 0), scenario.get("kbit"), scenario.get("queue"))
        self.random = random.Random(f"{seed} {towards}")
        burst = settings.get("burst", 3)
        self.loss = Bursts(settings.get("loss", 0), burst, self.random)
        self.corruption = Bursts(settings.get("corrupt", 0), burst, self.random)
        self.drop = set(settings.get("drop", ()))
        self.mtu = settings.get("mtu")
        self.mark = settings.get("mark", 0)
        self.duplicate = settings.get("duplicate", 0)
        self.reorder = settings.get("reorder", 0)
        self.reorder_delay = settings.get("reorder_delay", 0.01)
        self.seen = 0
        self.counts = collections.Counter()

    def carry(self, frame, now):
        """When which frames leave on the other side."""
        packet = frames.parse(frame)
        quic = packet and packet.protocol == frames.UDP and frames.port(
            frame, packet, "destination" if self.towards == "server" else "source") == self.port
        if not quic and not (packet and packet.protocol == frames.TCP):
            self.counts["others"] += 1
            return [(now, frame)]
        due = self.link.admit(now, len(frame) - MACS)
        if not quic:
            self.counts["tcp_packets"] += 1
            self.counts["tcp_dropped_by_queue"] += due is None
            return [] if due is None else [(due, frame)]
        self.seen += 1
        self.counts["packets"] += 1
        self.counts["bytes"] += len(frame)
        lost = "queue" if due is None else self.lost(frame, packet, self.clock.age(now))
        if lost:
            self.counts[f"dropped_by_{lost}"] += 1
            return []
        return self.changed(frame, packet, due)

    def lost(self, frame, packet, age):
        """Why, if it is."""
        if self.mtu and packet.end - frames.ETHERNET > self.mtu:
            return "mtu"
        if self.rebinding and self.towards == "server":
            self.rebinding.to_server(frame, packet, age)
        elif self.rebinding and not self.rebinding.to_client(frame, packet):
            return "forgotten_binding"
        if self.black_hole and age >= self.black_hole["after"]:
            if (age - self.black_hole["after"]) % self.black_hole["every"] < self.black_hole["lasts"]:
                return "black_hole"
        if self.seen in self.drop:
            return "list"
        return "loss" if self.loss.hit() else None

    def changed(self, frame, packet, due):
        if self.corruption.hit() and packet.end > packet.payload:
            at = packet.payload + self.random.randrange(min(50, packet.end - packet.payload))
            frames.replace_byte(frame, packet, at, frame[at] ^ self.random.randrange(1, 256))
            self.counts["corrupted"] += 1
        if self.random.random() < self.mark and frames.mark_congestion(frame, packet):
            self.counts["marked"] += 1
        if self.random.random() < self.reorder:
            due += self.reorder_delay
            self.counts["reordered"] += 1
        if self.random.random() < self.duplicate:
            self.counts["duplicated"] += 1
            return [(due, frame), (due, frame)]
        return [(due, frame)]
