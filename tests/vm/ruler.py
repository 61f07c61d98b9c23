# SPDX-License-Identifier: MIT
"""The ruler V: instructions of a whole machine, in which one server is alone.

The client is outside, on a tap device in a network namespace of its own (scripts/bench-vm makes it), so that what the
guest is busy with is driver, kernel, XDP program and server process.
"""

import contextlib
import json
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import time

import image
import machine
import packages
from network import V4_CLIENT

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
BUILD = REPOSITORY / "build"
TAP_OFFLOADS = ",".join(f"{name}=off" for name in ("guest_tso4", "guest_tso6", "guest_uso4", "guest_uso6", "guest_ufo",
                                                   "guest_ecn", "host_uso"))


def run(*command, **options):
    done = subprocess.run(command, capture_output=True, text=True, check=False, **options)
    if done.returncode != 0:
        sys.exit(f"bench-vm: {' '.join(map(str, command))}: {done.stdout}{done.stderr}")
    return done.stdout


UART_BYTES = 32  # more than its buffer


class Guest:
    """A machine that is asked for its figures, for the length of a `with`."""

    def __init__(self, unpacked, initrd, work, main, options):
        kind = options["kind"]
        self.path = work / f"control-{kind}"
        vm = machine.Machine(unpacked, initrd, work, "virtio_net", kind)
        extra = ["-icount", "shift=0", "-serial", f"unix:{self.path},server=on,wait=off",
                 "-netdev", "tap,id=n0,ifname=tap0,script=no,downscript=no,vhost=off",
                 "-device", f"{machine.NIC['virtio_net']},{TAP_OFFLOADS},netdev=n0,mac={machine.SERVER_MAC},romfile="]
        self.log = open(work / f"log-{kind}", "w+", encoding="utf-8")
        self.process = subprocess.Popen(vm.command(main, {"driver": "virtio_net", **options}, 1, extra),
                                        env=unpacked.environment(), stdin=subprocess.DEVNULL, stdout=self.log,
                                        stderr=self.log, preexec_fn=machine.die_with_parent)
        self.control = self.connect()
        self.answers = self.control.makefile("r", encoding="utf-8", errors="replace")

    def __enter__(self):
        if self.answer() != "ready":
            self.control.sendall(b"stop\n")
            self.process.wait(timeout=60)
            self.fail("the server did not start")
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.log.close()

    def fail(self, why):
        self.log.seek(0)
        sys.exit(f"bench-vm: {why}\n{self.log.read()}")

    def connect(self):
        limit = time.monotonic() + 20
        while True:
            try:
                control = socket.socket(socket.AF_UNIX)
                control.connect(str(self.path))
                control.settimeout(120)
                return control
            except OSError:
                if time.monotonic() > limit or self.process.poll() is not None:
                    self.fail("QEMU did not start")
                time.sleep(0.05)

    def answer(self):
        try:
            return self.answers.readline().strip()
        except TimeoutError:
            return self.fail("the guest does not answer")

    def ask(self, word):
        # The emulated UART holds a few bytes back until a timer runs out, which a guest that is idle under -icount does not
        # always wake for; so many fill it.
        self.control.sendall(f"{word}\n".encode() + b"\n" * UART_BYTES)
        return json.loads(self.answer() or self.fail("the guest is gone"))

    def tell(self):
        told = self.ask("tell")
        if not told["alive"]:
            self.fail("the server is gone")
        return told


def tap_counts():
    """Packets and bytes both ways."""
    shown = json.loads(run("ip", "-s", "-j", "link", "show", "tap0"))[0]["stats64"]  # /sys is another namespace's
    return [shown["rx"][what] + shown["tx"][what] for what in ("packets", "bytes")]


class Figures:
    """Of one round. Every figure is a difference; `nothing` is what asking for it costs."""

    def __init__(self, before, after, packets, nothing=0):
        # What the clock says, less what was idle.
        self.busy = after["now"] - before["now"] - (after["idle"] - before["idle"]) - nothing
        self.user = after["user"] - before["user"]
        self.packets = packets


def measure(guest, work, least_bytes, nothing=0):
    before, (packets, carried) = guest.tell(), tap_counts()
    work()
    time.sleep(0.2)  # the last acknowledgements
    after, (packets_after, carried_after) = guest.tell(), tap_counts()
    if carried_after - carried < least_bytes:
        guest.fail("the client did not do its work")  # it exits with 0 whatever became of the connection
    return Figures(before, after, packets_after - packets, nothing)


class Machines:
    """Starts guests that have the same image."""

    def __init__(self, folder, unpacked, programs):
        self.folder, self.unpacked = folder, unpacked
        self.initrd = image.build(folder, unpacked, REPOSITORY, BUILD, programs)

    def start(self, main, kind, **options):
        print(f"bench-vm: {kind}, Linux {self.unpacked.kernel_version}", file=sys.stderr, flush=True)
        return Guest(self.unpacked, self.initrd, self.folder, main, {"kind": kind, **options})


@contextlib.contextmanager
def machines(programs):
    """With the tap device at whose end they are."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        unpacked = packages.Packages.ensure(REPOSITORY / ".cache/vm")
    except packages.Missing as missing:
        sys.exit(f"bench-vm: packages are missing: {missing}")
    run("ip", "tuntap", "add", "tap0", "mode", "tap")
    run("ip", "addr", "add", V4_CLIENT + "/24", "dev", "tap0")
    run("ip", "link", "set", "tap0", "txqueuelen", "10000", "up")  # it loses nothing while the machine is behind
    with tempfile.TemporaryDirectory(prefix="quicrx-bench-") as name:
        yield Machines(pathlib.Path(name), unpacked, programs)
