# SPDX-License-Identifier: MIT
"""Row 2: the XDP program alone, by kind of packet (tests/bench/xdp_program.cpp)."""

import programs
from measured import Measured


def measure(run):
    run.progress("row 2: the XDP program")
    told = programs.figures_of("xdp_program", run.rounds, 10_000 if run.quick else 1_000_000)
    return [Measured(2, "T", f"XDP program: {case['packet']}", "ns a packet", {"quicrx": case["samples"]})
            for case in told["cases"]]
