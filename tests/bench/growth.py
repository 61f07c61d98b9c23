# SPDX-License-Identifier: MIT
"""Row 8: what a packet costs quicrx when more and more connections are open, of which 1 % have the work.

Requests go one at a time, the active connections in turn, whatever their number: were there more at a time, more
packets would share a wake-up, and many connections would look cheaper than one.
"""

import contextlib
import json

from load_generator import Held, served_by
from measured import Comparison, Measured
from servers import QUICRX
from wire import NicLikeWire

SIZES = (1, 100, 10_000)
TARGET = 1.3
AT_ONCE = 16  # handshakes


def name_of(count):
    return f"{count:,} open"


def active_of(count):
    return max(1, count // 100)


def packets(wire):
    """That the server's interface has seen, both ways."""
    shown = json.loads(wire.run(wire.server, "ip", "-s", "-j", "link", "show", wire.server_device).stdout)
    return sum(shown[0]["stats64"][way]["packets"] for way in ("rx", "tx"))


def cost(wire, site, count, requests):
    """Microseconds of the server's CPU for a packet that came or went."""
    with served_by(wire, site, QUICRX) as server:
        connections = Held(wire, count, "--path", "/1", "--active", active_of(count), "--parallel", AT_ONCE)
        try:
            connections.get(max(active_of(count), 200), "/1")  # what only the first ones cost
            before = packets(wire)
            spent = wire.cost(server.pid, lambda: connections.get(requests, "/1"))
            seen = packets(wire) - before
        finally:
            connections.close()
    assert seen >= 2 * requests, f"{seen} packets for {requests} requests: they went another way"
    return spent / seen * 1e6


def measure(run, make_wire=NicLikeWire):
    run.site.make_file("1", 1)
    sizes = (1, 100) if run.quick else SIZES
    first, last = name_of(sizes[0]), name_of(sizes[-1])
    samples = {name_of(count): [] for count in sizes}
    with contextlib.closing(make_wire()) as wire:
        for number in range(run.rounds):
            for count in sizes:
                run.progress(f"row 8: {name_of(count)}, round {number + 1}")
                samples[name_of(count)].append(cost(wire, run.site, count, 500 if run.quick else 5000))
    return [Measured(8, "T", f"growth, {QUICRX}", "us a packet", samples, [Comparison(last, first, TARGET)],
                     "1 % of those open are active, one request at a time")]
