# SPDX-License-Identifier: MIT
"""The guest's two network cards as two hosts: the one under test is the server's s0, the other the client's c0."""

import os
import time

from network import V4_CLIENT, V4_SERVER, V6_CLIENT, V6_SERVER, Network, sh

DRIVER = os.environ["VM_DRIVER"]
MACS = {"52:54:00:00:00:01": "s0", "52:54:00:00:00:02": "c0", "52:54:00:00:00:03": "spare",
        "52:54:00:00:00:04": "fixed"}


def devices():
    """The guest's cards by the names that the tests give them."""
    found = {}
    for line in sh("ip", "-o", "link").stdout.splitlines():
        name = line.split()[1].rstrip(":")
        for mac, ours in MACS.items():
            if mac in line:
                found[ours] = name
    return found


class Wire(Network):
    def __init__(self):
        self.server, self.client = "server", "client"
        for name in (self.server, self.client):
            sh("ip", "netns", "add", name)
            self.run(name, "ip", "link", "set", "lo", "up")
        homes = {"s0": self.server, "c0": self.client, "spare": self.server, "fixed": self.server}
        for ours, name in devices().items():
            sh("ip", "link", "set", name, "name", ours)
            sh("ip", "link", "set", ours, "netns", homes[ours])
        for name, device, v4, v6 in ((self.server, "s0", V4_SERVER, V6_SERVER),
                                     (self.client, "c0", V4_CLIENT, V6_CLIENT)):
            self.run(name, "ip", "addr", "add", v4 + "/24", "dev", device)
            self.run(name, "ip", "addr", "add", v6 + "/64", "dev", device, "nodad")
            self.run(name, "ip", "link", "set", device, "up")
        self.to_one_queue()
        self.wait_carrier()

    def to_one_queue(self):
        """igb has two. Every flow comes to the first, so that its counters tell everything."""
        if DRIVER == "igb":
            self.run(self.server, "ethtool", "-X", "s0", "equal", "1")

    def to_every_queue(self):
        """By a hash of addresses and ports."""
        self.run(self.server, "ethtool", "-X", "s0", "equal", "2")
        self.run(self.server, "ethtool", "-N", "s0", "rx-flow-hash", "udp4", "sdfn")

    def has_carrier(self, name="server", device="s0"):
        return "LOWER_UP" in self.run(name, "ip", "link", "show", device).stdout

    def wait_carrier(self, seconds=10):
        limit = time.monotonic() + seconds
        while not self.has_carrier():
            assert time.monotonic() < limit, "no carrier"
            time.sleep(0.05)

    def attached(self):
        """Names and chain of the XDP programs on s0, as xdp-loader tells."""
        return self.run(self.server, "xdp-loader", "status", "s0").stdout
