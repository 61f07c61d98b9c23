# SPDX-License-Identifier: MIT
"""Row 1 by ruler V: instructions of a machine that receives and does nothing else (scripts/bench-vm receive)."""

from guest import figures_of
from measured import Comparison, Measured

OURS, RINGS, SOCKETS, GRO = "quicrx port, zero copy", "bare AF_XDP loop, zero copy", "bare recvmmsg", "bare recvmmsg, UDP_GRO"


def cells(figures):
    sizes = {}
    for figure in figures:
        sizes.setdefault(figure["bytes"], {})[figure["subject"]] = figure["samples"]
    return [Measured(1, "V", f"receive alone, {size:,} bytes", "instructions a packet", subjects,
                     [Comparison(OURS, RINGS), Comparison(OURS, SOCKETS, 0.25), Comparison(OURS, GRO)])
            for size, subjects in sizes.items()]


def measure(run):
    run.progress("row 1, ruler V: a virtual machine of receivers, about a minute")
    return cells(figures_of("receive", "--rounds", run.rounds))
