# SPDX-License-Identifier: MIT
"""Row 5: full handshakes, a GET of one byte and a close each, for a second of the server's CPU."""

import contextlib

from load_generator import load, served_by
from measured import Comparison, Measured
from servers import CADDY, GTLSSERVER, QUICRX
from wire import NicLikeWire

AT_ONCE = 8


def rate(wire, site, subject, count):
    with served_by(wire, site, subject) as server:
        load(wire, "handshakes", "--path", "/1", "--count", 20)  # what only the first ones cost
        spent = wire.cost(server.pid,
                          lambda: load(wire, "handshakes", "--path", "/1", "--count", count, "--parallel", AT_ONCE))
    return count / spent


def measure(run, make_wire=NicLikeWire):
    run.site.make_file("1", 1)
    samples = {QUICRX: [], GTLSSERVER: [], CADDY: []}
    with contextlib.closing(make_wire()) as wire:
        for number in range(run.rounds):
            for subject, results in samples.items():
                run.progress(f"row 5: handshakes, {subject}, round {number + 1}")
                results.append(rate(wire, run.site, subject, 100 if run.quick else 2000))
    return [Measured(5, "T", f"handshakes, {AT_ONCE} at a time", "a CPU-second", samples,
                     [Comparison(QUICRX, GTLSSERVER, 1.3, lower_is_better=False),
                      Comparison(QUICRX, CADDY, lower_is_better=False)])]
