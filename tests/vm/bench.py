# SPDX-License-Identifier: MIT
"""Instructions that serving takes, for a whole machine; see scripts/bench-vm.

The server is alone in the virtual machine and the client outside, on a tap device in a network namespace of its own
(scripts/bench-vm makes it), so that what the guest is busy with is driver, kernel, XDP program and server process.
"""

import argparse
import json
import os
import pathlib
import socket
import statistics
import subprocess
import sys
import tempfile
import time

import image
import machine
import packages

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
SERVERS = {"quicrx, zero copy": "zero-copy", "quicrx, copy mode": "copy", "gtlsserver, UDP sockets": "gtlsserver"}
HANDSHAKES = 200
MIB = 20
SERVER, CLIENT, PORT = "10.9.0.1", "10.9.0.2", "4433"
TAP_OFFLOADS = ",".join(f"{name}=off" for name in ("guest_tso4", "guest_tso6", "guest_uso4", "guest_uso6", "guest_ufo",
                                                   "guest_ecn", "host_uso"))


def run(*command, **options):
    done = subprocess.run(command, capture_output=True, text=True, check=False, **options)
    if done.returncode != 0:
        sys.exit(f"bench-vm: {' '.join(command)}: {done.stdout}{done.stderr}")
    return done.stdout


class Server:
    """A machine with one server in it."""

    def __init__(self, unpacked, initrd, work, kind):
        self.path = work / f"control-{kind}"
        vm = machine.Machine(unpacked, initrd, work, "virtio_net", kind)
        device = (f"{machine.NIC['virtio_net']},{TAP_OFFLOADS},netdev=n0,mac={machine.SERVER_MAC},romfile=")
        extra = ["-icount", "shift=0", "-serial", "null", "-netdev", "tap,id=n0,ifname=tap0,script=no,downscript=no,vhost=off",
                 "-device", device]
        extra[3] = f"unix:{self.path},server=on,wait=off"
        self.log = open(work / f"log-{kind}", "w+", encoding="utf-8")
        self.process = subprocess.Popen(vm.command("serve", {"driver": "virtio_net", "kind": kind, "mib": MIB}, 1, extra),
                                        env=vm.environment(), stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)
        self.control = self.connect()
        self.answers = self.control.makefile("r", encoding="utf-8", errors="replace")
        if self.answer() != "ready":
            self.fail("it did not get ready")

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

    def tell(self):
        self.control.sendall(b"tell\n")
        told = json.loads(self.answer())
        if not told["alive"]:
            self.fail("the server is gone")
        return told

    def stop(self):
        self.control.sendall(b"stop\n")
        self.process.wait(timeout=60)
        self.log.close()


def tap_packets():
    shown = json.loads(run("ip", "-s", "-j", "link", "show", "tap0"))[0]["stats64"]  # /sys is another namespace's
    return shown["rx"]["packets"] + shown["tx"]["packets"]


def client(*options, uri="https://localhost/small"):
    run("gtlsclient", "-q", "--exit-on-all-streams-close", "--timeout=30s", SERVER, PORT, uri, *options, timeout=300)


class Figures:
    def __init__(self, before, after, packets):
        # What the clock says, less what was idle. The share of user mode is sampled, each 4 M instructions.
        self.busy = after["now"] - before["now"] - (after["idle"] - before["idle"])
        self.user = after["user"] - before["user"]
        self.packets = packets


def measure(server, work, repeat):
    before, packets = server.tell(), tap_packets()
    for _ in range(repeat):
        work()
    time.sleep(0.2)  # the last acknowledgements
    return Figures(before, server.tell(), tap_packets() - packets)


def workloads(folder):
    source = folder / "source"
    source.write_bytes(os.urandom(MIB << 20))
    return {
        f"upload of {MIB} MiB": (lambda: client(f"--data={source}", "--http-method=PUT", uri="https://localhost/upload/x"), MIB),
        f"download of {MIB} MiB": (lambda: client(f"--download={folder}", uri="https://localhost/large"), MIB),
        f"{HANDSHAKES} handshakes": (lambda: [client() for _ in range(HANDSHAKES)], HANDSHAKES),
    }


def parse():
    parser = argparse.ArgumentParser(prog="scripts/bench-vm", description="Instructions that serving takes, counted by QEMU.")
    parser.add_argument("--rounds", type=int, default=3, help="of each workload, in one boot (default: 3)")
    parser.add_argument("--server", action="append", choices=sorted(SERVERS.values()), help="only this one (default: all)")
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE", help="write the figures here too")
    parser.add_argument("--gtlsserver", required=True, help=argparse.SUPPRESS)
    return parser.parse_args()


def table(results):
    """Millions of instructions; medians, with the spread of the rounds."""
    lines = ["| workload | server | all, M | process, user | kernel | each | a packet | spread | / gtlsserver |",
             "| --- | --- | --- | --- | --- | --- | --- | --- | --- |"]
    for (workload, server), result in results.items():
        peer = results.get((workload, "gtlsserver, UDP sockets"))
        ratio = f"{result['busy'] / peer['busy']:.2f}" if peer else ""
        lines.append(f"| {workload} | {server} | {result['busy'] / 1e6:.0f} | {100 * result['user_share']:.0f} % | "
                     f"{100 * (1 - result['user_share']):.0f} % | {result['each'] / 1e6:.2f} M | {result['per_packet']:.0f} | "
                     f"{result['spread']:.1%} | {ratio} |")
    return "\n".join(lines)


def main():
    chosen = parse()
    unpacked = packages.Packages.ensure(REPOSITORY / ".cache/vm")
    results = {}
    run("ip", "tuntap", "add", "tap0", "mode", "tap")
    run("ip", "addr", "add", CLIENT + "/24", "dev", "tap0")
    run("ip", "link", "set", "tap0", "up")
    with tempfile.TemporaryDirectory(prefix="quicrx-bench-") as name:
        folder = pathlib.Path(name)
        initrd = image.build(folder, unpacked, REPOSITORY, REPOSITORY / "build", [chosen.gtlsserver])
        for server_name, kind in SERVERS.items():
            if chosen.server and kind not in chosen.server:
                continue
            print(f"bench-vm: {server_name}, Linux {unpacked.kernel_version}", file=sys.stderr, flush=True)
            server = Server(unpacked, initrd, folder, kind)
            client()  # what only the first connection costs
            for workload, (work, units) in workloads(folder).items():
                rounds = [measure(server, work, 1) for _ in range(chosen.rounds)]
                busy = [one.busy for one in rounds]
                results[workload, server_name] = {
                    "busy": statistics.median(busy), "each": statistics.median(busy) / units,
                    "user_share": min(1.0, sum(one.user for one in rounds) / sum(busy)),
                    "per_packet": statistics.median(one.busy / one.packets for one in rounds),
                    "spread": (max(busy) - min(busy)) / statistics.median(busy)}
            server.stop()
    ordered = {key: results[key] for key in sorted(results, key=lambda key: [w for w, _ in results].index(key[0]))}
    print(table(ordered))
    if chosen.json:
        chosen.json.write_text(json.dumps([{"workload": workload, "server": server, **figures}
                                           for (workload, server), figures in ordered.items()], indent=2), encoding="utf-8")


main()
