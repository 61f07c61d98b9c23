# SPDX-License-Identifier: MIT
"""Process CPU of the same transfers over each port; alternating, medians. See scripts/bench."""

import statistics
import sys

import client
import network as net
import serving
import stage
from cpu_time import process_seconds
from poller import Poller

BYTES = 100 << 20
DATA_PACKETS = BYTES / 1400  # as many as carry the data

WAYS = {
    "AF_XDP both ways": ("af-xdp", "--tx", "xdp"),
    "AF_XDP in, socket out": ("af-xdp", "--tx", "socket"),
    "io_uring": ("io_uring",),
    "socket": ("socket",),
}


def transfer(network, site, what):
    name = "data"
    uri = f"https://localhost/{name}" if what == "download" else f"https://localhost/upload/{name}"
    options = ["-q"] + ([] if what == "download" else ["--http-method=PUT", f"--data={site.root / name}"])
    network.run(network.client, *client.command(net.V4_SERVER, [uri], *options), timeout=120)


def cost(network, site, way, what):
    """Nanoseconds of the process's CPU for each 1,400 bytes of data."""
    io, *options = WAYS[way]
    serving.serve_by(io)
    poller = Poller(network, site, *options).wait_ready()
    before = process_seconds(poller.process.pid)
    transfer(network, site, what)
    spent = process_seconds(poller.process.pid) - before
    poller.stop()
    return spent / DATA_PACKETS * 1e9


def main():
    rounds = stage.rounds()
    runs = {(what, way): [] for what in ("upload", "download") for way in WAYS}
    with stage.site_in_memory() as site, stage.hosts() as network:
        site.make_file("data", BYTES)
        for number in range(rounds):
            for (what, way), results in runs.items():
                print(f"round {number + 1} of {rounds}: {what} {way}          ", end="\r", file=sys.stderr)
                results.append(cost(network, site, way, what))
    print(f"process CPU, nanoseconds for each 1,400 bytes; {BYTES >> 20} MiB, one worker, medians of {rounds}, alternating")
    for (what, way), results in runs.items():
        base = statistics.median(runs[what, "socket"])
        median = statistics.median(results)
        print(f"{what:10}{way:24}{median:8.0f}  ({min(results):.0f} to {max(results):.0f})  {median / base:.2f} of socket")


if __name__ == "__main__":
    main()
