# SPDX-License-Identifier: MIT
"""Row 8: what a packet costs quicrx when more and more connections are open, of which 1 % have the work.

Requests go one at a time, the active connections in turn, so slowly that each is over, its acknowledgement too, before
the next: were there more at a time, packets would share wake-ups and acknowledgements, with few connections otherwise
than with many.
"""

import contextlib

from load_generator import Held, served_by
from measured import Comparison, Measured
from servers import QUICRX
from wire import NicLikeWire

SIZES = (1, 100, 10_000)
TARGET = 1.3
RATE = 400  # requests a second
AT_ONCE = 16  # handshakes


def name_of(count):
    return f"{count:,} open"


def active_of(count):
    return max(1, count // 100)


def packets(wire):
    """That the server's interface has seen, both ways."""
    carried = wire.carried()
    return sum(carried[way]["packets"] for way in ("rx", "tx"))


def cost(wire, site, count, requests):
    """Seconds of the server's CPU for so many requests, and the packets that came and went with them."""
    with served_by(wire, site, QUICRX) as server:
        connections = Held(wire, count, "--path", "/1", "--active", active_of(count), "--parallel", AT_ONCE,
                           "--rate", RATE)
        try:
            connections.get(100, "/1")  # what only the first ones cost
            before = packets(wire)
            spent = wire.cost(server.pid, lambda: connections.get(requests, "/1"))
            seen = packets(wire) - before
        finally:
            connections.close()
    assert seen >= 2 * requests, f"{seen} packets for {requests} requests: they went another way"
    return spent, seen


def measure(run, make_wire=NicLikeWire):
    run.site.make_file("1", 1)
    sizes = (1, 100) if run.quick else SIZES
    requests = 100 if run.quick else 800
    names = [name_of(count) for count in sizes]
    by_packet, by_request, packets_each = ({name: [] for name in names} for _ in range(3))
    with contextlib.closing(make_wire()) as wire:
        for number in range(run.rounds):
            for count, name in zip(sizes, names):
                run.progress(f"row 8: {name}, round {number + 1}")
                spent, seen = cost(wire, run.site, count, requests)
                by_packet[name].append(spent / seen * 1e6)
                by_request[name].append(spent / requests * 1e6)
                packets_each[name].append(seen / requests)
    compared = [Comparison(names[-1], names[0], TARGET)]
    return [Measured(8, "T", "growth by the packet", "us a packet", by_packet, compared, "1 % of those open are active"),
            Measured(8, "T", "growth by the request", "us a request", by_request, compared),
            Measured(8, "T", "growth: packets", "a request", packets_each)]
