# SPDX-License-Identifier: MIT
"""Row 7: what a connection adds to the server's memory: PSS of the process, before and after they came.

quicrx's UMEM is fixed at its start, whatever the number of connections, and so in neither figure.
"""

import contextlib
import re
import threading

from load_generator import Held, load, served_by
from measured import Comparison, Measured
from servers import GTLSSERVER, QUICRX
from wire import NicLikeWire

AT_ONCE = 16  # handshakes
MANY = 10_000
DOWNLOAD = 64 << 10
LOOK = 0.01  # seconds


def pss(pid):
    """Bytes of memory that are the process's own, or its part of what is shared."""
    with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
        return int(re.search(r"^Pss:\s+(\d+) kB", file.read(), re.MULTILINE)[1]) << 10


class Peak:
    """The most that look() gave while the block ran, looked at again and again."""

    def __init__(self, look):
        self.look, self.most = look, look()
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.watch)

    def watch(self):
        while not self.over.wait(LOOK):
            self.most = max(self.most, self.look())

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()
        self.most = max(self.most, self.look())


@contextlib.contextmanager
def held(wire, site, subject, count):
    """The connections, and how many bytes each has added so far."""
    with served_by(wire, site, subject) as server:
        wire.pin()
        load(wire, "handshakes", "--path", "/1", "--count", 5)  # what only the first ones cost
        before = pss(server.pid)
        connections = Held(wire, count, "--path", "/1", "--active", count, "--parallel", AT_ONCE)
        try:
            yield connections, lambda: (pss(server.pid) - before) / count
        finally:
            connections.close()


def idle_and_active(wire, site, subject, count):
    with held(wire, site, subject, count) as (connections, each):
        idle = each()
        with Peak(each) as active:
            connections.get(count, f"/{DOWNLOAD}", at_once=count)
    return idle, active.most


def idle_and_alive(wire, site, count):
    with held(wire, site, QUICRX, count) as (connections, each):
        idle = each()
        connections.get(count, "/1")  # one on each: all are alive
    return idle


def measure(run, make_wire=NicLikeWire):
    for size in (1, DOWNLOAD):
        run.site.make_file(str(size), size)
    count, many = (50, 200) if run.quick else (1000, MANY)
    idle, active = ({QUICRX: [], GTLSSERVER: []} for _ in range(2))
    with contextlib.closing(make_wire()) as wire:
        for number in range(run.rounds):
            for subject in idle:
                run.progress(f"row 7: {count:,} connections, {subject}, round {number + 1}")
                for results, figure in zip((idle, active), idle_and_active(wire, run.site, subject, count)):
                    results[subject].append(figure)
        run.progress(f"row 7: {many:,} connections held")
        alive = {QUICRX: [idle_and_alive(wire, run.site, many)]}
    unit = "bytes a connection"
    return [Measured(7, "T", f"memory, {count:,} connections, idle", unit, idle, [Comparison(QUICRX, GTLSSERVER, 0.7)]),
            Measured(7, "T", f"memory, {count:,} connections, active", unit, active, [Comparison(QUICRX, GTLSSERVER)],
                     f"the most while each downloads {DOWNLOAD >> 10} KiB, all at once"),
            Measured(7, "T", f"memory, {many:,} connections, idle", unit, alive, note="once; then each answered a request")]
