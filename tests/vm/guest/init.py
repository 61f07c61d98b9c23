#!/usr/bin/python3 -SE
# SPDX-License-Identifier: MIT
"""The guest's first process: mounts, loads modules, runs what the kernel command line names, powers off.

The second serial port carries the results, and in its last line the exit status: without it the guest has died.
"""

import ctypes
import os
import pathlib
import subprocess
import sys

LIBC = ctypes.CDLL(None, use_errno=True)
FINIT_MODULE = 313  # the system call's number on x86-64
POWER_OFF = 0x4321FEDC
MOUNTS = [("proc", "/proc"), ("sysfs", "/sys"), ("devtmpfs", "/dev"), ("tmpfs", "/run"), ("tmpfs", "/tmp"),
          ("bpf", "/sys/fs/bpf"), ("tracefs", "/sys/kernel/tracing")]


def mount_all():
    for kind, place in MOUNTS:
        os.makedirs(place, exist_ok=True)
        if LIBC.mount(kind.encode(), place.encode(), kind.encode(), 0, None) != 0:
            error = ctypes.get_errno()
            if error != 16:  # busy: the kernel mounted devtmpfs itself
                print(f"init: cannot mount {place}: {os.strerror(error)}", flush=True)


def load_modules():
    for name in pathlib.Path("/modules/order").read_text(encoding="utf-8").split():
        descriptor = os.open(f"/modules/{name}", os.O_RDONLY)
        if LIBC.syscall(FINIT_MODULE, descriptor, b"", 0) != 0:
            print(f"init: cannot load {name}: {os.strerror(ctypes.get_errno())}", flush=True)
        os.close(descriptor)


def options():
    """quicrx.NAME=VALUE of the kernel command line."""
    words = pathlib.Path("/proc/cmdline").read_text(encoding="utf-8").split()
    return dict(word[len("quicrx."):].split("=", 1) for word in words if word.startswith("quicrx."))


def main():
    mount_all()
    console = os.open("/dev/ttyS0", os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(console, descriptor)
    load_modules()
    os.environ.update(PATH="/usr/bin:/usr/sbin:/bin:/sbin", HOME="/tmp", PYTHONDONTWRITEBYTECODE="1",
                      LANG="C.UTF-8", TERM="dumb", PYTHONPATH="/quicrx/tests/netns:/quicrx/tests/vm/guest")
    chosen = options()
    environment = {**os.environ, **{f"VM_{name.upper()}": value for name, value in chosen.items()}}
    status = subprocess.run([sys.executable, f"/quicrx/tests/vm/guest/{chosen['main']}.py"], env=environment,
                            check=False).returncode
    with open("/dev/ttyS1", "wb", buffering=0) as results:
        report = pathlib.Path("/tmp/report")
        if report.exists():
            results.write(report.read_bytes())
        results.write(b"\nEXIT %d\n" % status)
        LIBC.tcdrain(results.fileno())
    os.sync()
    LIBC.reboot(POWER_OFF)


main()
