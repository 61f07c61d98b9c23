# SPDX-License-Identifier: MIT
"""tests/bench/load: our client of many connections."""

import contextlib
import json
import subprocess

import network as net
import programs
from servers import GTLSSERVER, PORT, QUICRX, STARTS
from wire import CLIENT_CPU, on_cpu

SERVER = f"{net.V4_SERVER}:{PORT}"
# All clients of the bench come from one address; and what is held is not to be ended.
OPTIONS = {QUICRX: ("--max-connections-per-prefix", "1000000", "--max-connections", "1000000", "--idle-timeout", "600",
                    "--retry", "never"),
           GTLSSERVER: ("--timeout=600s",)}


def command(wire, mode, *options):
    return wire.enter(wire.client, on_cpu(CLIENT_CPU, programs.path("quic_load"), mode, SERVER, *map(str, options)))


def load(wire, mode, *options, seconds=120):
    """What the generator tells at its end; all of it must have succeeded."""
    done = subprocess.run(command(wire, mode, *options), capture_output=True, text=True, check=False, timeout=seconds,
                          stdin=subprocess.DEVNULL)
    assert done.returncode == 0, f"quic_load {mode}: exit {done.returncode}: {done.stdout}{done.stderr}"
    return json.loads(done.stdout)


@contextlib.contextmanager
def served_by(wire, site, subject, *options):
    server = STARTS[subject](wire, site, *OPTIONS.get(subject, ()), *options)
    try:
        yield server
    finally:
        server.stop()


class Held:
    """Open connections, of which some work when they are told to."""

    def __init__(self, wire, connections, *options):
        self.process = subprocess.Popen(command(wire, "hold", "--connections", connections, *options), text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        told = self.answer()
        assert told == {"open": connections, "lost": 0}, f"not all are open: {told}"

    def answer(self):
        line = self.process.stdout.readline()
        assert line, f"quic_load hold ended with {self.process.wait()}"
        return json.loads(line)

    def get(self, count, path, at_once=1):
        """So many requests, by the active connections in turn."""
        self.process.stdin.write(f"get {count} {at_once} {path}\n")
        self.process.stdin.flush()
        told = self.answer()
        assert told["completed"] == count and told["failed"] == told["lost"] == 0, f"of {count} requests failed: {told}"
        return told

    def close(self):
        self.process.stdin.close()
        self.process.wait(timeout=60)
