# SPDX-License-Identifier: MIT
"""A machine with one server alone, that tells its figures each time the host asks.

Under QEMU's -icount shift=0 an instruction takes a nanosecond, so every time that the kernel tells here is a number of
instructions.
"""

import json
import os
import pathlib
import re
import time

from network import V4_SERVER, sh
from wire import devices

CONTROL = "/dev/ttyS2"
TICK_NS = 1_000_000_000 // os.sysconf("SC_CLK_TCK")


def set_up():
    sh("ip", "link", "set", "lo", "up")
    sh("ip", "link", "set", devices()["s0"], "name", "s0")
    sh("ip", "addr", "add", V4_SERVER + "/24", "dev", "s0")
    sh("ip", "link", "set", "s0", "up")


def figures(process):
    """The machine's busy time, and the server process's own, in nanoseconds."""
    # To the nanosecond; /proc/stat and /proc/uptime count in ticks.
    timers = pathlib.Path("/proc/timer_list").read_text(encoding="ascii")
    idle = sum(int(value) for value in re.findall(r"\.idle_sleeptime\s*:\s*(\d+) nsecs", timers))
    times = pathlib.Path(f"/proc/{process.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return {"now": time.clock_gettime_ns(time.CLOCK_MONOTONIC), "idle": idle,
            "user": int(times[11]) * TICK_NS, "alive": process.poll() is None}


def answer(is_ready, answers):
    """Until a word comes that is not among them; empty lines are none."""
    with open(CONTROL, "r+b", buffering=0) as control:
        sh("stty", "-F", CONTROL, "raw", "-echo")
        control.write(b"ready\n" if is_ready() else b"dead\n")
        while (word := control.readline().strip().decode()) in answers or word == "":
            if word:
                control.write(json.dumps(answers[word]()).encode() + b"\n")
