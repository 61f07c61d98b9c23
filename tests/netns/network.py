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
        for folder in (f"{BPFFS}/quicrx/{number}", f"/run/quicrx/{number}"):
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
        self.server = f"qx{os.getpid()}s"
        self.client = f"qx{os.getpid()}c"
        self.make_namespaces(self.server, self.client)
        sh("ip", "link", "add", "s0", "netns", self.server, "numrxqueues", str(queues), "numtxqueues", str(queues),
           "type", "veth", "peer", "name", "c0", "netns", self.client,
           "numrxqueues", str(queues), "numtxqueues", str(queues))
        self.set_up_hosts()
        self.run(self.client, "ping", "-c", "1", "-W", "5", V4_SERVER)

    def make_namespaces(self, *names):
        self.namespaces = names
        for name in names:
            remove_namespace(name)
            sh("ip", "netns", "add", name)
            self.run(name, "ip", "link", "set", "lo", "up")

    def set_up_hosts(self):
        for name, device, v4, v6 in ((self.server, "s0", V4_SERVER, V6_SERVER),
                                     (self.client, "c0", V4_CLIENT, V6_CLIENT)):
            self.run(name, "ip", "addr", "add", v4 + "/24", "dev", device)
            self.run(name, "ip", "addr", "add", v6 + "/64", "dev", device, "nodad")
            self.run(name, "ip", "link", "set", device, "up")

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
