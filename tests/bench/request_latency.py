# SPDX-License-Identifier: MIT
"""Row 6: how long a small request takes when there are few, by quicrx's ways to wait, and what waiting costs."""

import contextlib

from load_generator import load, served_by
from measured import Comparison, Measured
from servers import GTLSSERVER, QUICRX
from wire import NicLikeWire, process_seconds

BUSY = f"{QUICRX}, busy polling"
WAYS = {QUICRX: (QUICRX,), BUSY: (QUICRX, "--busy-poll", "1000000"), GTLSSERVER: (GTLSSERVER,)}
RATE = 200
PARTS = {"p50": None, "p99": 0.6, "p99.9": None}


def latencies(wire, site, way, count):
    """The generator's account, and of a CPU, what the server took for itself meanwhile."""
    with served_by(wire, site, *WAYS[way]) as server:
        wire.pin()
        before = process_seconds(server.pid)
        told = load(wire, "latency", "--path", "/1", "--count", count, "--rate", RATE)
        spent = process_seconds(server.pid) - before
    return told, spent / (count / RATE)


def measure(run, make_wire=NicLikeWire):
    run.site.make_file("1", 1)
    times = {part: {way: [] for way in WAYS} for part in PARTS}
    taken = {way: [] for way in WAYS}
    with contextlib.closing(make_wire()) as wire:
        for number in range(run.rounds):
            for way in WAYS:
                run.progress(f"row 6: latency, {way}, round {number + 1}")
                told, share = latencies(wire, run.site, way, 100 if run.quick else 1000)
                taken[way].append(share * 100)
                for part, results in times.items():
                    results[way].append(told[f"{part}_ns"] / 1000)
    cells = [Measured(6, "T", f"{RATE} requests a second, {part}", "us", times[part],
                      [Comparison(BUSY, GTLSSERVER, target), Comparison(QUICRX, GTLSSERVER)])
             for part, target in PARTS.items()]
    return cells + [Measured(6, "T", f"{RATE} requests a second, the server's CPU meanwhile", "% of one", taken)]
