# SPDX-License-Identifier: MIT
"""Who is asked for nothing does nothing."""

import time

import client
from cpu_time import process_seconds


def test_sleeps_while_nothing_comes(network, site, poller):
    site.make_file("file", 1000)
    client.fetch(network, site, ["file"])
    time.sleep(1)  # the connection's end
    before = process_seconds(poller.process.pid)
    time.sleep(2)
    spent = process_seconds(poller.process.pid) - before
    assert spent < 0.2, f"{spent} s of CPU in 2 s without a packet"  # who spins takes two, or what others leave
