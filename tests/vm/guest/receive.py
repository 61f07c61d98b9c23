# SPDX-License-Identifier: MIT
"""Receivers of row 1 of scripts/bench (tests/bench/floors), one after the other, for scripts/bench-vm receive."""

import json
import os
import subprocess
import time

import alone
from network import V4_SERVER, sh
from poller import QUICRX

PORT = os.environ["VM_PORT"]
COMMANDS = {"port": ["port_loop", "s0", PORT],
            "rings": ["floor_rings", "s0", "zero-copy"],
            "recvmmsg": ["floor_sockets", V4_SERVER, PORT],
            "gro": ["floor_sockets", V4_SERVER, PORT, "gro"]}


class Receiver:
    process = None

    def start(self, word):
        # The kernel takes a queue from an AF_XDP socket some time after its process has ended.
        limit = time.monotonic() + 5
        while not self.try_to_start(word):
            why = self.process.communicate()[1]
            assert "busy" in why and time.monotonic() < limit, f"{word} did not start: {why}"
            time.sleep(0.05)
        if word == "port":
            queue = json.loads(sh(QUICRX, "stats", "s0", "--json").stdout)["interfaces"][0]["queues"][0]
            assert queue["poller"]["zero_copy"], "the port is in copy mode"
        time.sleep(0.3)
        return {"started": word}

    def try_to_start(self, word):
        self.process = subprocess.Popen(COMMANDS[word], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        return self.process.stdout.readline() == "ready\n"

    def stop(self):
        """What it got."""
        self.process.terminate()
        output, errors = self.process.communicate(timeout=10)
        assert self.process.returncode == 0, f"exit {self.process.returncode}: {errors}"
        return json.loads(output)


def main():
    alone.set_up()
    receiver = Receiver()
    alone.answer(lambda: True, {**{word: lambda word=word: receiver.start(word) for word in COMMANDS},
                                "stop": receiver.stop, "tell": lambda: alone.figures(receiver.process)})


main()
