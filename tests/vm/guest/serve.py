# SPDX-License-Identifier: MIT
"""One server alone in the machine, for scripts/bench-vm. Tells its figures each time the host asks.

Under QEMU's -icount shift=0 an instruction takes a nanosecond, so every time that the kernel tells here is a number of
instructions.
"""

import json
import os
import pathlib
import subprocess
import time

from network import V4_SERVER, sh
from poller import PORT, QUICRX
from site_files import Site
from wire import devices

CONTROL = "/dev/ttyS2"
TICK_NS = 1_000_000_000 // os.sysconf("SC_CLK_TCK")


def command(kind, site):
    if kind == "gtlsserver":
        return ["gtlsserver", "-q", "-d", str(site.root), V4_SERVER, str(PORT), str(site.key), str(site.certificate)]
    return [QUICRX, "run", "s0", "--port", str(PORT), "--cert", str(site.certificate), "--key", str(site.key), "--root",
            str(site.root), "--upload-dir", str(site.uploads), "--bind", kind]


def figures(process):
    """The machine's busy time, and the server process's own, in nanoseconds."""
    times = pathlib.Path(f"/proc/{process.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    idle = float(pathlib.Path("/proc/uptime").read_text(encoding="ascii").split()[1])
    return {"now": time.clock_gettime_ns(time.CLOCK_MONOTONIC), "idle": int(idle * 1e9),
            "user": int(times[11]) * TICK_NS, "alive": process.poll() is None}


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
    with subprocess.Popen(command(kind, site), stdout=subprocess.DEVNULL, stderr=open("/tmp/log", "wb")) as process:
        time.sleep(2)
        with open(CONTROL, "r+b", buffering=0) as control:
            sh("stty", "-F", CONTROL, "raw", "-echo")
            control.write(b"ready\n")
            while True:
                word = control.readline().strip()
                if word == b"stop":
                    break
                if word == b"tell":
                    control.write(json.dumps(figures(process)).encode() + b"\n")
        process.terminate()
    print(pathlib.Path("/tmp/log").read_text(encoding="utf-8", errors="replace"))


main()
