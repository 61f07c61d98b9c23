# SPDX-License-Identifier: MIT
"""Row 1: what it costs to receive alone: the library's AF_XDP port beside bare loops (tests/bench/floors)."""

import contextlib
import json
import subprocess
import time

import network as net
import programs
from measured import Comparison, Measured
from wire import CLIENT_CPU, SERVER_CPU, NicLikeWire, on_cpu

PORT = 4444
BURSTS_A_SECOND = 1000  # of 64 datagrams
WARM_UP = 640  # datagrams
ATTEMPTS = 5
OURS, RINGS, SOCKETS, GRO = "quicrx port", "bare AF_XDP loop", "bare recvmmsg", "bare recvmmsg, UDP_GRO"


def commands(device):
    return {OURS: ["port_loop", device, str(PORT)],
            RINGS: ["floor_rings", device],
            SOCKETS: ["floor_sockets", net.V4_SERVER, str(PORT)],
            GRO: ["floor_sockets", net.V4_SERVER, str(PORT), "gro"]}


class Receiver:
    """One of them, running on the server's CPU."""

    def __init__(self, wire, subject):
        self.subject = subject
        # The kernel takes a queue from an AF_XDP socket some time after its process has ended.
        limit = time.monotonic() + 5
        while not self.start(wire):
            why = self.process.communicate()[1]
            assert "busy" in why and time.monotonic() < limit, f"{subject} did not start: {why}"
            time.sleep(0.05)

    def start(self, wire):
        program, *arguments = commands(wire.server_device)[self.subject]
        self.process = wire.start(wire.server, *on_cpu(SERVER_CPU, programs.path(program), *arguments),
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        return self.process.stdout.readline() == "ready\n"

    def stop(self):
        """What it got."""
        self.process.terminate()
        output, errors = self.process.communicate(timeout=10)
        assert self.process.returncode == 0, f"{self.subject}: exit {self.process.returncode}: {errors}"
        return json.loads(output)


def send(wire, size, count):
    wire.run(wire.client, *on_cpu(CLIENT_CPU, programs.path("sender"), net.V4_SERVER, str(PORT), str(size), str(count),
                                  str(BURSTS_A_SECOND)), timeout=120)


def attempt(wire, subject, size, count):
    """What it took of the CPU, and datagrams that came."""
    receiver = Receiver(wire, subject)
    try:
        send(wire, size, WARM_UP)
        spent = wire.spent(receiver.process.pid, lambda: send(wire, size, count))
    except BaseException:
        receiver.process.kill()
        raise
    # The first byte is 1 in ours, whatever else of the kernel's the loop took.
    return spent, receiver.stop()["first_bytes"] - WARM_UP


def cost(wire, subject, size, count, least):
    """Nanoseconds of CPU for each datagram that came: in all, and the process's own.

    Where it was less than a part of them (a veth holds 256, and drops), something else had the CPU, and it is done again."""
    for _ in range(ATTEMPTS):
        spent, came = attempt(wire, subject, size, count)
        if came >= least * count:
            return spent.all / came * 1e9, spent.process / came * 1e9
    raise AssertionError(f"{subject}: {came} of {count} datagrams came: this machine is too busy to measure on")


def measure(run):
    count, least = (5_000, 0.3) if run.quick else (50_000, 0.98)
    cells = []
    with contextlib.closing(NicLikeWire()) as wire:
        wire.fix_neighbours()
        for size in (64, 1400):
            samples, process = ({subject: [] for subject in commands("")} for _ in range(2))
            for number in range(run.rounds):
                for subject in samples:
                    run.progress(f"row 1: {size} bytes, {subject}, round {number + 1}")
                    for results, figure in zip((samples, process), cost(wire, subject, size, count, least)):
                        results[subject].append(figure)
            cells.append(Measured(1, "T", f"receive alone, {size:,} bytes", "ns a packet", samples,
                                  [Comparison(OURS, RINGS, 1.2), Comparison(OURS, SOCKETS), Comparison(OURS, GRO)],
                                  process=process))
    return cells
