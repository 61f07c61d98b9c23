# SPDX-License-Identifier: MIT
"""What receive metadata costs: the XDP program's nanoseconds a packet, and the poller's CPU a datagram, with and without
`load --rx-metadata`, alternating, medians. See scripts/bench."""

import json
import pathlib
import statistics
import subprocess
import sys

import client
import stage
from cpu_time import process_seconds
from poller import Poller, quicrx, stats

BYTES = 100 << 20
STATISTICS = pathlib.Path("/proc/sys/kernel/bpf_stats_enabled")


def program_cost(network):
    """Nanoseconds a run, as the kernel counts them."""
    number = str(stats(network)["program"]["id"])
    shown = subprocess.run(["/usr/sbin/bpftool", "--json", "prog", "show", "id", number], capture_output=True, text=True,
                           check=True).stdout
    facts = json.loads(shown)
    return facts["run_time_ns"] / facts["run_cnt"]


def measure(network, site, options):
    quicrx(network, "load", "s0", "--port", "4433", *options)
    if stats(network)["program"]["dispatcher"]:
        sys.exit("this kernel has libxdp's dispatcher: programs in it are not timed by the kernel, and it costs by itself")
    poller = Poller(network, site).wait_ready()
    before = process_seconds(poller.process.pid)
    client.upload(network, site, site.root / "data", "data", seconds=120)
    used = process_seconds(poller.process.pid) - before
    datagrams = stats(network)["queues"][0]["af_xdp"]["received_datagrams"]
    cost = program_cost(network), used / datagrams * 1e9
    poller.stop()
    quicrx(network, "unload", "s0")
    return cost


def main():
    rounds = stage.rounds()
    ways = {"without": [], "with --rx-metadata": ["--rx-metadata"]}
    costs = {way: [] for way in ways}
    was = STATISTICS.read_text(encoding="ascii")
    with stage.site_in_memory() as site, stage.hosts() as network:
        site.make_file("data", BYTES)
        try:
            STATISTICS.write_text("1", encoding="ascii")
            for _ in range(rounds):
                for way, options in ways.items():
                    costs[way].append(measure(network, site, options))
        finally:
            STATISTICS.write_text(was, encoding="ascii")
    print(f"upload of 100 MiB over veth, medians of {rounds}, alternating")
    print(f"{'':20}{'XDP program, ns a run':>24}{'poller CPU, ns a datagram':>28}")
    for way, results in costs.items():
        program, poller = (statistics.median(result[i] for result in results) for i in (0, 1))
        print(f"{way:20}{program:24.0f}{poller:28.0f}")


main()
