# SPDX-License-Identifier: MIT
"""One server alone in the machine, for scripts/bench-vm. Tells its figures each time the host asks.

Under QEMU's -icount shift=0 an instruction takes a nanosecond, so every time that the kernel tells here is a number of
instructions.
"""

import json
import os
import pathlib
import re
import subprocess
import time

from network import V4_SERVER, sh
from poller import PORT, QUICRX
from site_files import Site
from wire import devices

CONTROL = "/dev/ttyS2"
LOG = pathlib.Path("/tmp/log")
TICK_NS = 1_000_000_000 // os.sysconf("SC_CLK_TCK")


def command(kind, site):
    if kind == "gtlsserver":
        return ["gtlsserver", "-q", "-d", str(site.root), V4_SERVER, str(PORT), str(site.key), str(site.certificate)]
    return [QUICRX, "run", "s0", "--tx", "xdp", "--port", str(PORT), "--cert", str(site.certificate), "--key", str(site.key), "--root",
            str(site.root), "--discard-uploads", "--bind", kind]


def figures(process):
    """The machine's busy time, and the server process's own, in nanoseconds."""
    # To the nanosecond; /proc/stat and /proc/uptime count in ticks.
    timers = pathlib.Path("/proc/timer_list").read_text(encoding="ascii")
    idle = sum(int(value) for value in re.findall(r"\.idle_sleeptime\s*:\s*(\d+) nsecs", timers))
    times = pathlib.Path(f"/proc/{process.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return {"now": time.clock_gettime_ns(time.CLOCK_MONOTONIC), "idle": idle,
            "user": int(times[11]) * TICK_NS, "alive": process.poll() is None}


def wait_ready(process, kind):
    """gtlsserver does not say when it is."""
    limit = time.monotonic() + 20
    while kind != "gtlsserver" and "ready:" not in LOG.read_text(encoding="utf-8"):
        if process.poll() is not None or time.monotonic() > limit:
            return False
        time.sleep(0.05)
    time.sleep(1)
    return process.poll() is None


def by_sockets(kind):
    """Datagrams that the kernel's UDP stack had, where that is not what is measured."""
    if kind == "gtlsserver":
        return 0
    facts = json.loads(sh(QUICRX, "stats", "s0", "--json").stdout)["interfaces"][0]
    queue = facts["queues"][0]
    assert queue["poller"]["zero_copy"] == (kind == "zero-copy")
    return queue["socket"]["received_datagrams"]


def main():
    kind = os.environ["VM_KIND"]
    sh("ip", "link", "set", "lo", "up")
    sh("ip", "link", "set", devices()["s0"], "name", "s0")
    sh("ip", "addr", "add", V4_SERVER + "/24", "dev", "s0")
    sh("ip", "link", "set", "s0", "up")
    folder = pathlib.Path("/tmp/site")
    folder.mkdir()
    site = Site(folder)
    site.make_file("small", 1)
    site.make_file("large", int(os.environ["VM_MIB"]) << 20)
    with open(LOG, "wb") as log:
        process = subprocess.Popen(command(kind, site), stdout=subprocess.DEVNULL, stderr=log)
    with open(CONTROL, "r+b", buffering=0) as control:
        sh("stty", "-F", CONTROL, "raw", "-echo")
        control.write(b"ready\n" if wait_ready(process, kind) else b"dead\n")
        answers = {b"tell": lambda: figures(process), b"sockets": lambda: by_sockets(kind)}
        while (word := control.readline().strip()) in answers:
            control.write(json.dumps(answers[word]()).encode() + b"\n")
    process.terminate()
    print(LOG.read_text(encoding="utf-8", errors="replace"))


main()
