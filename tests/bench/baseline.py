# SPDX-License-Identifier: MIT
"""Process CPU of 100 MiB down and up: quicrx beside gtlsserver, alternating, medians. See scripts/bench."""

import os
import pathlib
import statistics
import subprocess
import sys
import time

import client
import network as net
import stage
from poller import PORT, Poller

BYTES = 100 << 20
DATA_PACKETS = BYTES / 1400  # the same for both servers: as many as carry the data
TICK = 1 / os.sysconf("SC_CLK_TCK")


class GtlsServer:
    """gtlsserver in the server's namespace; an upload is read and thrown away."""

    def __init__(self, network, site):
        self.process = subprocess.Popen(
            net.Network.enter(network.server, [os.environ["GTLSSERVER"], "-q", "-d", str(site.root), net.V4_SERVER,
                                               str(PORT), str(site.key), str(site.certificate)]),
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(0.5)
        if self.process.poll() is not None:
            sys.exit(f"gtlsserver ended with {self.process.returncode}")

    def stop(self):
        self.process.terminate()
        self.process.wait()


def cpu(pid):
    """Seconds of all threads: in all (exact), and in user and kernel (in ticks)."""
    total = sum(int(task.read_text(encoding="ascii").split()[0]) for task in
                pathlib.Path(f"/proc/{pid}/task").glob("*/schedstat")) / 1e9
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return total, int(fields[11]) * TICK, int(fields[12]) * TICK


def transfer(network, site, what):
    name = "data"
    uri = f"https://localhost/{name}" if what == "download" else f"https://localhost/upload/{name}"
    options = ["-q"] + ([] if what == "download" else ["--http-method=PUT", f"--data={site.root / name}"])
    network.run(network.client, *client.command(net.V4_SERVER, [uri], *options), timeout=120)


def measure(network, site, server, what):
    start = SERVERS[server](network, site)
    pid = start.process.pid
    before = cpu(pid)
    transfer(network, site, what)
    time.sleep(0.1)
    after = cpu(pid)
    start.stop()
    return [b - a for a, b in zip(before, after)]


SERVERS = {"quicrx": lambda network, site: Poller(network, site).wait_ready(), "gtlsserver": GtlsServer}


def main():
    rounds = stage.rounds()
    with stage.site_in_memory() as site, stage.hosts() as network:
        site.make_file("data", BYTES)
        runs = {(what, server): [] for what in ("download", "upload") for server in SERVERS}
        for number in range(rounds):
            for key, results in runs.items():
                print(f"round {number + 1} of {rounds}: {key[0]} {key[1]}    ", end="\r", file=sys.stderr)
                results.append(measure(network, site, key[1], key[0]))
        report(runs, rounds)


def report(runs, rounds):
    version = subprocess.run(["dpkg-query", "-W", "-f=${Version}", "ngtcp2-client"], capture_output=True, text=True,
                             check=True).stdout
    print(f"process CPU, microseconds a data packet of 1,400 bytes; 100 MiB, medians of {rounds}, alternating")
    print(f"peer: gtlsserver of ngtcp2-server {version} on UDP sockets; veth, copy mode")
    print(f"{'':10}{'server':12}{'all':>8}{'user':>8}{'kernel':>8}{'lowest':>9}{'highest':>9}")
    for what in ("download", "upload"):
        medians = {}
        for server in SERVERS:
            results = runs[what, server]
            totals = sorted(total / DATA_PACKETS * 1e6 for total, _, _ in results)
            median = medians[server] = statistics.median(totals)
            # Ticks are coarse, so the split is taken over all rounds.
            user, kernel = (sum(result[i] for result in results) for i in (1, 2))
            share = user / (user + kernel)
            print(f"{what:10}{server:12}{median:8.2f}{median * share:8.2f}{median * (1 - share):8.2f}"
                  f"{totals[0]:9.2f}{totals[-1]:9.2f}")
        print(f"{'':10}quicrx / gtlsserver: {medians['quicrx'] / medians['gtlsserver']:.2f}")


if __name__ == "__main__":
    main()
