# SPDX-License-Identifier: MIT
"""What it costs to hand a datagram to the worker that has its connection, and one worker beside two; alternating, medians.
See scripts/bench."""

import concurrent.futures
import statistics
import time

import client
import network as net
import stage
from cpu_time import process_seconds
from poller import Poller, each
from spread import BY_FLOW, EVERY_PACKET, spread

BYTES = 200 << 20
CLIENTS = 4
WAYS = ("local", "handed over")


def by_queue(network):
    return each(network, "af_xdp", "received_datagrams")


def waits_so_far(network):
    return [(bucket["below_us"], bucket["count"]) for owner in each(network, "handoff", "latency") for bucket in owner]


def upload_cost(network, site, way):
    """Nanoseconds of the process's CPU for each datagram of one upload. Handed over: the client moves at once, so that
    what it sends comes to the queue of the worker that has not got it."""
    spread(network, BY_FLOW)
    poller = Poller(network, site).wait_ready()
    options = ["--change-local-addr=1ms"] if way == "handed over" else []
    before = process_seconds(poller.process.pid)
    client.upload(network, site, site.root / "data", "data", options=options)
    spent = process_seconds(poller.process.pid) - before
    handed, received = sum(each(network, "handoff", "in")), sum(by_queue(network))
    waits = waits_so_far(network)
    poller.stop()
    share = handed / received
    assert share > 0.95 if way == "handed over" else handed == 0, f"{share:.0%} was handed over"
    return spent / received * 1e9, waits


def waits_at_low_load(network, site):
    """Of clients one after the other, of whose packets every second one comes to the other queue: the owner sleeps."""
    spread(network, EVERY_PACKET)
    poller = Poller(network, site).wait_ready()
    for _ in range(100):
        client.fetch(network, site, ["small"])
    waits = waits_so_far(network)
    poller.stop()
    return waits


def download_rate(network, site, workers):
    """Mbit/s and the process's CPU seconds, of so many downloads at once."""
    spread(network, BY_FLOW)
    poller = Poller(network, site, "--queues", "0-1" if workers == 2 else "0").wait_ready()
    command = [*client.command(net.V4_SERVER, ["https://localhost/data"], "-q")]
    before, begin = process_seconds(poller.process.pid), time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(CLIENTS) as pool:
        for done in [pool.submit(network.run, network.client, *command, timeout=120) for _ in range(CLIENTS)]:
            done.result()
    seconds, spent = time.monotonic() - begin, process_seconds(poller.process.pid) - before
    shares = by_queue(network)
    poller.stop()
    assert len(shares) == workers and min(shares) > 0
    return CLIENTS * BYTES * 8 / seconds / 1e6, spent


def quantile(counts, part):
    """The upper limit, in microseconds, of the bucket in which that part of all is reached."""
    sums = {}
    for below, count in counts:
        sums[below] = sums.get(below, 0) + count
    wanted, seen = part * sum(sums.values()), 0
    for below, count in sums.items():
        seen += count
        if seen >= wanted:
            return below
    return None


def report_handoffs(runs, idle, rounds):
    print(f"process CPU a datagram, both workers, of an upload of {BYTES >> 20} MiB; medians of {rounds}, alternating")
    costs = {way: sorted(cost for cost, _ in runs[way]) for way in WAYS}
    for way in WAYS:
        print(f"  {way:12}{statistics.median(costs[way]):8.0f} ns ({costs[way][0]:.0f} to {costs[way][-1]:.0f})")
    print(f"  handed over / local: {statistics.median(costs['handed over']) / statistics.median(costs['local']):.2f}")
    waits = [bucket for _, buckets in runs["handed over"] for bucket in buckets]
    for load, counts in (("the same", waits), ("one request after the other", idle)):
        print(f"  from arrival to reading, {load}: p50 < {quantile(counts, 0.5)} us, p99 < {quantile(counts, 0.99)} us")


def report_rates(rates, rounds):
    print(f"{CLIENTS} downloads of {BYTES >> 20} MiB at once, clients on the same two cores; medians of {rounds}")
    for workers, results in rates.items():
        rate, spent = (statistics.median(one) for one in zip(*results))
        print(f"  {workers} worker{'s' if workers > 1 else ' '}{rate:8.0f} Mbit/s{spent:8.2f} CPU seconds")


def main():
    rounds = stage.rounds()
    runs, rates = {way: [] for way in WAYS}, {1: [], 2: []}
    with stage.site_in_memory() as site:
        site.make_file("data", BYTES)
        site.make_file("small", 1000)
        with stage.hosts(queues=2) as network:
            for _ in range(rounds):
                for way in WAYS:
                    runs[way].append(upload_cost(network, site, way))
            idle = waits_at_low_load(network, site)
        for _ in range(rounds):
            for workers in rates:
                with stage.hosts(queues=workers) as network:
                    rates[workers].append(download_rate(network, site, workers))
    report_handoffs(runs, idle, rounds)
    report_rates(rates, rounds)


if __name__ == "__main__":
    main()
