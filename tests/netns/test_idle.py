# SPDX-License-Identifier: MIT
"""Who is asked for nothing does nothing."""

import pathlib
import time

import client


def run_seconds(pid):
    """Of CPU, all threads."""
    return sum(int((task / "schedstat").read_text(encoding="ascii").split()[0])
               for task in pathlib.Path(f"/proc/{pid}/task").iterdir()) / 1e9


def test_sleeps_while_nothing_comes(network, site, poller):
    site.make_file("file", 1000)
    client.fetch(network, site, ["file"])
    time.sleep(1)  # the connection's end
    before = run_seconds(poller.process.pid)
    time.sleep(2)
    spent = run_seconds(poller.process.pid) - before
    assert spent < 0.2, f"{spent} s of CPU in 2 s without a packet"  # who spins takes two, or what others leave
