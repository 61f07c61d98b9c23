# SPDX-License-Identifier: MIT
"""Row 8: what the same work costs the server when more and more connections are open, of which 1 % have the work."""

import contextlib

from load_generator import Held, served_by
from measured import Comparison, Measured
from servers import GTLSSERVER, QUICRX
from wire import NicLikeWire

SIZES = (1, 100, 10_000)
TARGET = 1.3


def name_of(count):
    return f"{count:,} open"


def cost(wire, site, subject, count, requests):
    """Microseconds of the server's CPU for a request, one at a time, by the active connections in turn."""
    active = max(1, count // 100)
    with served_by(wire, site, subject) as server:
        connections = Held(wire, count, "--path", "/1", "--active", active, "--parallel", min(count, 16))
        try:
            connections.work("get", max(active, 200))  # what only the first ones cost
            return wire.cost(server.pid, lambda: connections.work("get", requests)) / requests * 1e6
        finally:
            connections.close()


def measure(run, make_wire=NicLikeWire):
    run.site.make_file("1", 1)
    sizes = (1, 100) if run.quick else SIZES
    first, last = name_of(sizes[0]), name_of(sizes[-1])
    samples = {subject: {name_of(count): [] for count in sizes} for subject in (QUICRX, GTLSSERVER)}
    with contextlib.closing(make_wire()) as wire:
        for number in range(min(run.rounds, 3)):
            for count in sizes:
                for subject, results in samples.items():
                    run.progress(f"row 8: {name_of(count)}, {subject}, round {number + 1}")
                    results[name_of(count)].append(cost(wire, run.site, subject, count, 1000 if run.quick else 20_000))
    return [Measured(8, "T", f"growth, {subject}", "us a request", results,
                     [Comparison(last, first, TARGET if subject == QUICRX else None)])
            for subject, results in samples.items()]
