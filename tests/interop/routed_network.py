# SPDX-License-Identifier: MIT
"""Client and server with the middlebox between them, in a namespace of its own."""

import json
import os
import pathlib
import signal
import subprocess

from network import V4_CLIENT, V4_SERVER, V6_CLIENT, Network
from poller import PORT
from rebinding import Rebinding

MIDDLEBOX = str(pathlib.Path(__file__).with_name("middlebox.py"))


class RoutedNetwork(Network):
    """c0 of `client` and s0 of `server` are one Ethernet, as long as a Middlebox runs in `router`.

    Nothing is left to be done by hardware that is not there: checksums are whole and packets of the wire's size
    wherever they are captured or changed.
    """

    def __init__(self):
        self.server, self.client, self.router = (f"qx{os.getpid()}{kind}" for kind in "scr")
        self.make_namespaces(self.server, self.client, self.router)
        self.run(self.router, "sysctl", "-q", "-w", "net.ipv6.conf.default.disable_ipv6=1")
        for host, device, end in ((self.client, "c0", "rc"), (self.server, "s0", "rs")):
            self.run(self.router, "ip", "link", "add", end, "type", "veth", "peer", "name", device, "netns", host)
            for name, interface in ((self.router, end), (host, device)):
                self.run(name, "ethtool", "-K", interface, "tx", "off", "gro", "off", "gso", "off", "tso", "off")
            self.run(self.router, "ip", "link", "set", end, "up")
        self.set_up_hosts()
        self.add_rebinding_addresses()

    def add_rebinding_addresses(self):
        """Addresses that the client never chooses itself, but answers for."""
        first = Rebinding.FIRST_ADDRESS
        lines = []
        for last in range(first, first + Rebinding.ADDRESSES):
            lines.append(f"addr add {V4_CLIENT.rsplit('.', 1)[0]}.{last}/24 dev c0")
            lines.append(f"addr add {V6_CLIENT.rsplit(':', 1)[0]}:{last:x}/64 dev c0 nodad preferred_lft 0")
        self.run(self.client, "ip", "-batch", "-", input="\n".join(lines))


class Middlebox:
    """The middlebox process of a RoutedNetwork, with a scenario (see Way)."""

    def __init__(self, network, scenario, folder):
        self.folder = folder
        scenario = {"port": PORT, **scenario}
        self.process = network.start(network.router, "/usr/bin/python3", MIDDLEBOX, "rc", "rs", json.dumps(scenario),
                                     str(folder), stdout=subprocess.PIPE)
        assert self.process.stdout.readline() == "ready\n"
        network.run(network.client, "ping", "-c", "1", "-W", "5", V4_SERVER)

    def stop(self):
        """Its counts, by direction."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(timeout=20) == 0
        self.process.stdout.close()
        return json.loads((self.folder / "middlebox.json").read_text(encoding="ascii"))
