# SPDX-License-Identifier: MIT
"""Ruler T's wires, and what a server's work on them costs.

The client has one CPU and the server the other. Whatever the kernel does as an interface's receiver is a thread
(threaded NAPI), so that it has a CPU to stay on and a time that can be read: the server's is counted with its process,
all others stay with the client.
"""

import dataclasses
import json
import os
import pathlib
import time

import network as net
from cpu_time import process_seconds, run_seconds
from serving import BUILD

CLIENT_CPU, SERVER_CPU = 0, 1
OFFLOADS = ("rx", "tx", "sg", "tso", "gso")
MIDDLE = (10, 11)  # see wire.bpf.c


def on_cpu(cpu, *command):
    return ["taskset", "-c", str(cpu), *command]


def napi_threads(device):
    """Processes by which the kernel receives for an interface; its name is of this run alone."""
    found = []
    for process in pathlib.Path("/proc").iterdir():
        if not process.name.isdigit():
            continue
        try:
            name = (process / "comm").read_text(encoding="ascii").strip()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if name.startswith(f"napi/{device}-"):
            found.append(process)
    return found


def pin_napi(device, cpu):
    """Again after each XDP program that comes or goes: the thread is then another one."""
    threads = napi_threads(device)
    assert threads, f"{device} has no NAPI thread: threaded NAPI did not come about"
    for thread in threads:
        os.sched_setaffinity(int(thread.name), {cpu})


@dataclasses.dataclass(frozen=True)
class Spent:
    """Seconds of CPU: of the server's process, and of the kernel's thread that receives for it."""
    process: float
    kernel: float

    @property
    def all(self):
        return self.process + self.kernel


class Wire(net.Network):
    """A veth pair with all offloads: segments travel whole, and nothing is between the hosts."""
    queues = 1

    def __init__(self):  # pylint: disable=super-init-not-called
        number = os.getpid()
        self.server, self.client, self.middle = f"qx{number}s", f"qx{number}c", f"qx{number}r"
        self.server_device, self.client_device = f"s{number}", f"c{number}"
        self.make()
        self.pin()
        self.run(self.client, "ping", "-c", "1", "-W", "5", net.V4_SERVER)

    def make(self):
        self.make_namespaces(self.server, self.client)
        self.add_wire(self.server_device, self.client_device, 1)
        self.set_up_hosts()
        self.receive_by_thread(self.server, self.server_device, segments=True)
        self.receive_by_thread(self.client, self.client_device, segments=True)

    def set_up_hosts(self):
        self.set_up(self.server, self.server_device, net.V4_SERVER, net.V6_SERVER)
        self.set_up(self.client, self.client_device, net.V4_CLIENT, net.V6_CLIENT)

    def fix_neighbours(self):
        """Each host knows the other for good: an AF_XDP loop that takes all that comes would take ARP too."""
        hosts = ((self.server, self.server_device, net.V4_SERVER), (self.client, self.client_device, net.V4_CLIENT))
        for (host, device, _), (other, other_device, address) in (hosts, hosts[::-1]):
            shown = json.loads(self.run(other, "ip", "-j", "link", "show", other_device).stdout)
            self.run(host, "ip", "neigh", "replace", address, "dev", device, "lladdr", shown[0]["address"], "nud",
                     "permanent")

    def receive_by_thread(self, name, device, segments):
        """GRO has veth receive by NAPI. /sys is of the namespace only to who enters it by `ip netns exec`."""
        self.run(name, "ethtool", "-K", device, "gro", "on", *(("rx-udp-gro-forwarding", "on") if segments else ()))
        net.sh("ip", "netns", "exec", name, "sh", "-c", f"echo 1 > /sys/class/net/{device}/threaded")

    def pin(self):
        pin_napi(self.server_device, SERVER_CPU)
        pin_napi(self.client_device, CLIENT_CPU)

    def carried(self):
        """What the server's interface has had so far, by way ("rx", "tx"): packets, bytes."""
        shown = json.loads(self.run(self.server, "ip", "-s", "-j", "link", "show", self.server_device).stdout)
        return shown[0]["stats64"]

    def server_seconds(self, pid):
        """Of CPU, so far: the process and the kernel's thread that receives for it."""
        return self.so_far(pid).all

    def so_far(self, pid):
        return Spent(process_seconds(pid), sum(map(run_seconds, napi_threads(self.server_device))))

    def spent(self, pid, work, rest=0.1):
        """What the server had of the CPU during work(); it rests before and after."""
        self.pin()
        time.sleep(rest)
        before, threads = self.so_far(pid), napi_threads(self.server_device)
        work()
        time.sleep(rest)
        assert napi_threads(self.server_device) == threads, "the NAPI thread changed under way"
        after = self.so_far(pid)
        return Spent(after.process - before.process, after.kernel - before.kernel)

    def cost(self, pid, work):
        """Seconds of all that."""
        return self.spent(pid, work).all


class NicLikeWire(Wire):
    """A third namespace between the hosts passes on XDP frames: the server's interface gets what a NIC's driver has,
    one frame a packet, whoever reads them. No offload of checksums or segmentation at either end."""

    def make(self):
        self.make_namespaces(self.server, self.client, self.middle)
        number = self.server_device[1:]
        self.middle_devices = [f"m{number}", f"n{number}"]
        hosts = (self.server, self.server_device), (self.client, self.client_device)
        for index, inner, (host, device) in zip(MIDDLE, self.middle_devices, hosts):
            net.sh("ip", "link", "add", inner, "index", str(index), "netns", self.middle, "type", "veth",
                   "peer", "name", device, "netns", host)
            self.run(host, "ethtool", "-K", device, *(word for name in OFFLOADS for word in (name, "off")))
        self.set_up_hosts()
        for inner, (host, device) in zip(self.middle_devices, hosts):
            self.receive_by_thread(host, device, segments=False)
            self.run(self.middle, "ip", "link", "set", inner, "up")
            self.run(self.middle, "ip", "link", "set", "dev", inner, "xdpdrv", "obj", str(BUILD / "tests/bench/wire.bpf.o"),
                     "sec", "xdp")
            self.receive_by_thread(self.middle, inner, segments=False)

    def pin(self):
        super().pin()
        for device in self.middle_devices:
            pin_napi(device, CLIENT_CPU)
