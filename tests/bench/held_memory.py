# SPDX-License-Identifier: MIT
"""Row 7: what a connection adds to the server's memory: PSS of the process, before and after they came.

quicrx's UMEM is fixed at its start, whatever the number of connections, and so in neither figure.
"""

import contextlib
import re

from load_generator import Held, load, served_by
from measured import Comparison, Measured
from servers import CADDY, GTLSSERVER, QUICRX
from wire import NicLikeWire

TARGETS = {GTLSSERVER: 0.7, CADDY: None}
STARTED = {QUICRX: (), GTLSSERVER: (), CADDY: ()}
AT_ONCE = 16
IDLE, ACTIVE = "idle", "active"


def pss(pid):
    """Bytes of memory that are the process's own, or its part of what is shared."""
    with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
        return int(re.search(r"^Pss:\s+(\d+) kB", file.read(), re.MULTILINE)[1]) << 10


def held(wire, site, subject, count):
    """Bytes a connection when all have been still, and when each has been at work again."""
    with served_by(wire, site, subject, *STARTED[subject]) as server:
        wire.pin()
        load(wire, "handshakes", "--path", "/1", "--count", 100, "--parallel", AT_ONCE)
        before = pss(server.pid)
        connections = Held(wire, count, "--path", "/1", "--active", count, "--parallel", AT_ONCE)
        try:
            idle = pss(server.pid) - before
            connections.work("get", count)
            active = pss(server.pid) - before
        finally:
            connections.close()
    return {IDLE: idle / count, ACTIVE: active / count}


def measure(run, make_wire=NicLikeWire):
    run.site.make_file("1", 1)
    count = 200 if run.quick else 10_000
    samples = {state: {subject: [] for subject in (QUICRX, *TARGETS)} for state in (IDLE, ACTIVE)}
    with contextlib.closing(make_wire()) as wire:
        for number in range(1 if run.quick else min(run.rounds, 3)):  # it hardly varies
            for subject in (QUICRX, *TARGETS):
                run.progress(f"row 7: {count:,} connections held, {subject}, round {number + 1}")
                for state, figure in held(wire, run.site, subject, count).items():
                    samples[state][subject].append(figure)
    return [Measured(7, "T", f"memory, {count:,} connections, {state}", "bytes a connection", samples[state],
                     [Comparison(QUICRX, peer, target if state == IDLE else None) for peer, target in TARGETS.items()])
            for state in (IDLE, ACTIVE)]
