# SPDX-License-Identifier: MIT
"""What a client sends, recorded on its wire to be sent again."""

import pathlib
import subprocess

from network import V4_SERVER

SCRIPT = str(pathlib.Path(__file__).with_name("replay.py"))


class Recorder:
    def __init__(self, network):
        self.process = network.start(network.client, "/usr/bin/python3", SCRIPT, V4_SERVER, stdin=subprocess.PIPE,
                                     stdout=subprocess.PIPE)
        assert self.process.stdout.readline() == "recording\n"

    def replay(self):
        """Sends the last connection's first flight again, from another port."""
        assert int(self.process.communicate("replay\n", timeout=20)[0]) > 0
