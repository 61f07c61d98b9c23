# SPDX-License-Identifier: MIT
"""Instructions that serving takes, for a whole machine; see scripts/bench-vm.

The server is alone in the virtual machine and the client outside, on a tap device in a network namespace of its own
(scripts/bench-vm makes it), so that what the guest is busy with is driver, kernel, XDP program and server process.
"""

import argparse
import json
import os
import pathlib
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

import image
import machine
import packages
from network import V4_CLIENT, V4_SERVER
from poller import PORT

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
SERVERS = {"quicrx, zero copy": "zero-copy", "quicrx, copy mode": "copy", "gtlsserver, UDP sockets": "gtlsserver"}
TAP_OFFLOADS = ",".join(f"{name}=off" for name in ("guest_tso4", "guest_tso6", "guest_uso4", "guest_uso6", "guest_ufo",
                                                   "guest_ecn", "host_uso"))


def run(*command, **options):
    done = subprocess.run(command, capture_output=True, text=True, check=False, **options)
    if done.returncode != 0:
        sys.exit(f"bench-vm: {' '.join(command)}: {done.stdout}{done.stderr}")
    return done.stdout


class Server:
    """A machine with one server in it, for the length of a `with`."""

    def __init__(self, unpacked, initrd, work, kind, mib):
        self.path = work / f"control-{kind}"
        vm = machine.Machine(unpacked, initrd, work, "virtio_net", kind)
        extra = ["-icount", "shift=0", "-serial", f"unix:{self.path},server=on,wait=off",
                 "-netdev", "tap,id=n0,ifname=tap0,script=no,downscript=no,vhost=off",
                 "-device", f"{machine.NIC['virtio_net']},{TAP_OFFLOADS},netdev=n0,mac={machine.SERVER_MAC},romfile="]
        self.log = open(work / f"log-{kind}", "w+", encoding="utf-8")
        self.process = subprocess.Popen(vm.command("serve", {"driver": "virtio_net", "kind": kind, "mib": mib}, 1, extra),
                                        env=unpacked.environment(), stdin=subprocess.DEVNULL, stdout=self.log,
                                        stderr=self.log, preexec_fn=machine.die_with_parent)
        self.control = self.connect()
        self.answers = self.control.makefile("r", encoding="utf-8", errors="replace")

    def __enter__(self):
        if self.answer() != "ready":
            self.control.sendall(b"stop\n")
            self.process.wait(timeout=60)
            self.fail("the server did not start")
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.log.close()

    def fail(self, why):
        self.log.seek(0)
        sys.exit(f"bench-vm: {why}\n{self.log.read()}")

    def connect(self):
        limit = time.monotonic() + 20
        while True:
            try:
                control = socket.socket(socket.AF_UNIX)
                control.connect(str(self.path))
                control.settimeout(120)
                return control
            except OSError:
                if time.monotonic() > limit or self.process.poll() is not None:
                    self.fail("QEMU did not start")
                time.sleep(0.05)

    def answer(self):
        try:
            return self.answers.readline().strip()
        except TimeoutError:
            return self.fail("the guest does not answer")

    def ask(self, word):
        self.control.sendall(f"{word}\n".encode())
        return json.loads(self.answer() or self.fail("the guest is gone"))

    def tell(self):
        told = self.ask("tell")
        if not told["alive"]:
            self.fail("the server is gone")
        return told


def tap_counts():
    """Packets and bytes both ways."""
    shown = json.loads(run("ip", "-s", "-j", "link", "show", "tap0"))[0]["stats64"]  # /sys is another namespace's
    return [shown["rx"][what] + shown["tx"][what] for what in ("packets", "bytes")]


def client(*options, uri="https://localhost/small"):
    run("gtlsclient", "-q", "--exit-on-all-streams-close", "--timeout=30s", V4_SERVER, str(PORT), uri, *options, timeout=300)


class Figures:
    """Of one round. Every figure is a difference; `nothing` is what asking for it costs."""

    def __init__(self, before, after, packets, nothing=0):
        # What the clock says, less what was idle.
        self.busy = after["now"] - before["now"] - (after["idle"] - before["idle"]) - nothing
        self.user = after["user"] - before["user"]
        self.packets = packets


def measure(server, work, least_bytes, nothing=0):
    before, (packets, carried) = server.tell(), tap_counts()
    work()
    time.sleep(0.2)  # the last acknowledgements
    after, (packets_after, carried_after) = server.tell(), tap_counts()
    if carried_after - carried < least_bytes:
        server.fail("the client did not do its work")  # it exits with 0 whatever became of the connection
    return Figures(before, after, packets_after - packets, nothing)


class Workloads:
    def __init__(self, folder, mib, handshakes):
        self.folder, self.mib, self.handshakes = folder, mib, handshakes
        self.source = folder / "source"
        self.source.write_bytes(os.urandom(mib << 20))

    def upload(self):
        client(f"--data={self.source}", "--http-method=PUT", uri="https://localhost/upload/x")

    def download(self, name="large", size=None):
        (self.folder / name).unlink(missing_ok=True)
        client(f"--download={self.folder}", uri=f"https://localhost/{name}")
        if (self.folder / name).stat().st_size != (self.mib << 20 if size is None else size):
            sys.exit(f"bench-vm: {name} did not come whole")

    def shake_hands(self):
        for _ in range(self.handshakes):
            self.download("small", 1)

    def all(self):
        """Name: what to do, how many units it is, and the bytes that the wire must have seen."""
        return {f"upload of {self.mib} MiB": (self.upload, self.mib, self.mib << 20),
                f"download of {self.mib} MiB": (self.download, self.mib, self.mib << 20),
                f"{self.handshakes} handshakes": (self.shake_hands, self.handshakes, self.handshakes * 2400)}


def parse():
    parser = argparse.ArgumentParser(prog="scripts/bench-vm", description="Instructions that serving takes, counted by QEMU.")
    parser.add_argument("--rounds", type=int, default=3, help="of each workload, in one boot (default: 3)")
    parser.add_argument("--mib", type=int, default=20, help="size of upload and download (default: 20)")
    parser.add_argument("--handshakes", type=int, default=200, help="(default: 200)")
    parser.add_argument("--server", action="append", choices=sorted(SERVERS.values()), help="only this one (default: all)")
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE", help="write the figures here too")
    parser.add_argument("--gtlsserver", required=True, help=argparse.SUPPRESS)
    return parser.parse_args()


NOTES = """
"All" is the whole machine: driver, kernel, XDP program, server process. User mode is sampled by the guest's timer (a
sample each 4 M instructions); kernel is the rest. Packets are counted both ways. An upload is stored in a file by quicrx
and thrown away by gtlsserver. A handshake is a connection, a GET of one byte and the close."""


def table(results):
    """Millions of instructions; medians, with the spread of the rounds."""
    lines = ["| workload | server | all, M | process, user | kernel | each, M | a packet | spread | / gtlsserver |",
             "| --- | --- | --- | --- | --- | --- | --- | --- | --- |"]
    for workload, server in sorted(results, key=lambda key: [workload for workload, _ in results].index(key[0])):
        result, peer = results[workload, server], results.get((workload, "gtlsserver, UDP sockets"))
        ratio = f"{result['busy'] / peer['busy']:.2f}" if peer else ""
        lines.append(f"| {workload} | {server} | {result['busy'] / 1e6:.0f} | {100 * result['user_share']:.0f} % | "
                     f"{100 * (1 - result['user_share']):.0f} % | {result['each'] / 1e6:.2f} | {result['per_packet']:.0f} | "
                     f"{result['spread']:.1%} | {ratio} |")
    return "\n".join(lines)


def bench(server, workloads, rounds):
    """Figures by workload."""
    workloads.shake_hands()  # what only the first connections cost
    nothing = statistics.median(measure(server, lambda: None, 0).busy for _ in range(3))
    results = {}
    for workload, (work, units, least_bytes) in workloads.all().items():
        figures = [measure(server, work, least_bytes, nothing) for _ in range(rounds)]
        busy = [one.busy for one in figures]
        results[workload] = {"samples": busy, "units": units, "busy": statistics.median(busy), "each": statistics.median(busy) / units,
                             "user_share": sum(one.user for one in figures) / sum(busy),
                             "per_packet": statistics.median(one.busy / one.packets for one in figures),
                             "spread": (max(busy) - min(busy)) / statistics.median(busy)}
    if server.ask("sockets") != 0:
        server.fail("datagrams went by the kernel's sockets")
    return results


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    chosen = parse()
    try:
        unpacked = packages.Packages.ensure(REPOSITORY / ".cache/vm")
    except packages.Missing as missing:
        sys.exit(f"bench-vm: packages are missing: {missing}")
    results = {}
    run("ip", "tuntap", "add", "tap0", "mode", "tap")
    run("ip", "addr", "add", V4_CLIENT + "/24", "dev", "tap0")
    run("ip", "link", "set", "tap0", "up")
    with tempfile.TemporaryDirectory(prefix="quicrx-bench-") as name:
        folder = pathlib.Path(name)
        initrd = image.build(folder, unpacked, REPOSITORY, REPOSITORY / "build", [chosen.gtlsserver])
        workloads = Workloads(folder, chosen.mib, chosen.handshakes)
        for server_name, kind in SERVERS.items():
            if chosen.server and kind not in chosen.server:
                continue
            print(f"bench-vm: {server_name}, Linux {unpacked.kernel_version}", file=sys.stderr, flush=True)
            with Server(unpacked, initrd, folder, kind, chosen.mib) as server:
                for workload, figures in bench(server, workloads, chosen.rounds).items():
                    results[workload, server_name] = figures
    print(table(results) + "\n" + NOTES)
    if chosen.json:
        chosen.json.write_text(json.dumps([{"workload": workload, "server": server, **figures}
                                           for (workload, server), figures in results.items()], indent=2), encoding="utf-8")


main()
