# SPDX-License-Identifier: MIT
"""Row 6: how long a small request takes when there are few, by quicrx's ways to wait, and what waiting costs.

Asleep, quicrx waits for the interrupt, and its rings ask for no system call that they do not need (need-wakeup): with
AF_XDP in quicrx that is one way, not two. Busy polling, it sends by the ring too (on such a wire --tx auto takes a
socket): it drives the queue itself both ways.

The client sleeps between its requests, and it and the wire's threads are in all figures alike.
"""

import contextlib
import time

from load_generator import load, served_by
from measured import Comparison, Measured
from servers import GTLSSERVER, QUICRX
from wire import NicLikeWire

ASLEEP, BUSY = f"{QUICRX}, by interrupt and need-wakeup", f"{QUICRX}, busy polling"
WAYS = {ASLEEP: (QUICRX,), BUSY: (QUICRX, "--busy-poll", "1000000", "--tx", "xdp"), GTLSSERVER: (GTLSSERVER,)}
RATE = 1000
TARGETS = {"p50": None, "p99": 0.6, "p99.9": None}


def latencies(wire, site, way, count):
    """The generator's account, and how much of a CPU the server took meanwhile."""
    with served_by(wire, site, *WAYS[way]) as server:
        load(wire, "latency", "--path", "/1", "--count", 20, "--rate", RATE)  # what only the first ones cost
        wire.pin()
        begin, before = time.monotonic(), wire.server_seconds(server.pid)
        told = load(wire, "latency", "--path", "/1", "--count", count, "--rate", RATE)
        share = (wire.server_seconds(server.pid) - before) / (time.monotonic() - begin)
    return told, share


def measure(run, make_wire=NicLikeWire):
    run.site.make_file("1", 1)
    times = {part: {way: [] for way in WAYS} for part in TARGETS}
    taken = {way: [] for way in WAYS}
    with contextlib.closing(make_wire()) as wire:
        for number in range(run.rounds):
            for way in WAYS:
                run.progress(f"row 6: latency, {way}, round {number + 1}")
                told, share = latencies(wire, run.site, way, 100 if run.quick else 2000)
                taken[way].append(share * 100)
                for part, results in times.items():
                    results[way].append(told[f"{part}_ns"] / 1000)
    cells = [Measured(6, "T", f"{RATE:,} requests a second, {part}", "us", times[part],
                      [Comparison(BUSY, GTLSSERVER, target), Comparison(ASLEEP, GTLSSERVER)])
             for part, target in TARGETS.items()]
    return cells + [Measured(6, "T", f"{RATE:,} requests a second, the server's CPU meanwhile", "% of one", taken)]
