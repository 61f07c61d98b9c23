# SPDX-License-Identifier: MIT
"""Instructions that serving takes, for a whole machine; see scripts/bench-vm."""

import argparse
import json
import os
import pathlib
import statistics
import sys

import ruler
from network import V4_SERVER
from poller import PORT
from ruler import measure, run

SERVERS = {"quicrx, zero copy": "zero-copy", "quicrx, copy mode": "copy", "gtlsserver, UDP sockets": "gtlsserver"}


def client(*options, uri="https://localhost/small"):
    run("gtlsclient", "-q", "--exit-on-all-streams-close", "--timeout=30s", V4_SERVER, str(PORT), uri, *options, timeout=300)


class Workloads:
    def __init__(self, folder, mib, handshakes):
        self.folder, self.mib, self.handshakes = folder, mib, handshakes
        self.source = folder / "source"
        self.source.write_bytes(os.urandom(mib << 20))

    def upload(self):
        client(f"--data={self.source}", "--http-method=PUT", uri="https://localhost/upload/x")

    def download(self, name="large", size=None):
        file = self.folder / name
        file.unlink(missing_ok=True)
        client(f"--download={self.folder}", uri=f"https://localhost/{name}")
        if not file.exists() or file.stat().st_size != (self.mib << 20 if size is None else size):
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
sample each 4 M instructions); kernel is the rest. Packets are counted both ways. An upload is thrown away by both.
A handshake is a connection, a GET of one byte and the close."""


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
    chosen = parse()
    results = {}
    with ruler.machines([chosen.gtlsserver]) as machines:
        workloads = Workloads(machines.folder, chosen.mib, chosen.handshakes)
        for server_name, kind in SERVERS.items():
            if chosen.server and kind not in chosen.server:
                continue
            with machines.start("serve", kind, mib=chosen.mib) as server:
                for workload, figures in bench(server, workloads, chosen.rounds).items():
                    results[workload, server_name] = figures
    print(table(results) + "\n" + NOTES)
    if chosen.json:
        chosen.json.write_text(json.dumps([{"workload": workload, "server": server, **figures}
                                           for (workload, server), figures in results.items()], indent=2), encoding="utf-8")


main()
