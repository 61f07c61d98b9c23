# SPDX-License-Identifier: MIT
"""Two hosts on one wire: network namespaces joined by a veth pair, removed with all that runs in them."""

import os
import re
import shutil
import signal
import subprocess

BPFFS = "/sys/fs/bpf"
NAME = re.compile(r"^qx(\d+)[scr]$")
V4_SERVER, V4_CLIENT = "10.9.0.1", "10.9.0.2"
V6_SERVER, V6_CLIENT = "fd09::1", "fd09::2"


def sh(*command, check=True, **options):
    done = subprocess.run(command, capture_output=True, text=True, check=False, **options)
    if check and done.returncode != 0:
        raise AssertionError(f"{' '.join(command)}: exit {done.returncode}\n{done.stdout}{done.stderr}")
    return done


def remove_namespace(name):
    for pid in sh("ip", "netns", "pids", name, check=False).stdout.split():
        try:
            os.kill(int(pid), signal.SIGKILL)
        except ProcessLookupError:
            pass
    # What a killed poller left goes by the namespace's number, which nobody will ask for again.
    if os.path.exists(f"/run/netns/{name}"):
        number = os.stat(f"/run/netns/{name}").st_ino
        for folder in (f"{BPFFS}/quicrx/{number}", f"/run/quicrx/{number}", f"/tmp/quicrx-65534/{number}"):
            shutil.rmtree(folder, ignore_errors=True)
    sh("ip", "netns", "delete", name, check=False)


def remove_leftovers():
    """What a crashed run left: namespaces that name a process that is gone."""
    for line in sh("ip", "netns", "list").stdout.splitlines():
        name = line.split()[0]
        match = NAME.match(name)
        if match and not os.path.exists(f"/proc/{match[1]}"):
            remove_namespace(name)


def ensure_bpffs():
    if "bpf" not in sh("stat", "-f", "-c", "%T", BPFFS).stdout:
        sh("mount", "-t", "bpf", "bpf", BPFFS)


class Network:
    """`server` has interface s0, `client` has c0. Commands enter by nsenter: `ip netns exec` would hide bpffs."""

    def __init__(self, queues=1):
        self.queues = queues
        self.server = f"qx{os.getpid()}s"
        self.client = f"qx{os.getpid()}c"
        self.make_namespaces(self.server, self.client)
        self.add_wire("s0", "c0", queues)
        self.set_up_hosts()
        self.run(self.client, "ping", "-c", "1", "-W", "5", V4_SERVER)

    def make_namespaces(self, *names):
        self.namespaces = names
        for name in names:
            remove_namespace(name)
            sh("ip", "netns", "add", name)
            self.run(name, "ip", "link", "set", "lo", "up")

    def add_wire(self, server_end, client_end, queues):
        """With so many queues each way: a packet comes in by the queue of the number by which it was sent."""
        counts = ("numrxqueues", str(queues), "numtxqueues", str(queues))
        sh("ip", "link", "add", server_end, "netns", self.server, *counts, "type", "veth",
           "peer", "name", client_end, "netns", self.client, *counts)

    def set_up(self, name, device, v4, v6):
        self.run(name, "ip", "addr", "add", v4 + "/24", "dev", device)
        self.run(name, "ip", "addr", "add", v6 + "/64", "dev", device, "nodad")
        self.run(name, "ip", "link", "set", device, "up")

    def set_up_hosts(self):
        self.set_up(self.server, "s0", V4_SERVER, V6_SERVER)
        self.set_up(self.client, "c0", V4_CLIENT, V6_CLIENT)

    def add_second_wire(self):
        """s1 and c1, of one queue. The server's address there."""
        self.add_wire("s1", "c1", 1)
        self.set_up(self.server, "s1", "10.9.1.1", "fd09:1::1")
        self.set_up(self.client, "c1", "10.9.1.2", "fd09:1::2")
        return "10.9.1.1"

    def close(self):
        for name in self.namespaces:
            remove_namespace(name)

    @staticmethod
    def enter(name, command):
        return ["nsenter", f"--net=/run/netns/{name}", *command]

    def run(self, name, *command, **options):
        return sh(*self.enter(name, command), **options)

    def start(self, name, *command, **options):
        return subprocess.Popen(self.enter(name, command), text=True, **options)

    def server_mac(self):
        return re.search(r"link/ether (\S+)", self.run(self.server, "ip", "link", "show", "s0").stdout)[1]
