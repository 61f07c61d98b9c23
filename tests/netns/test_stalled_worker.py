# SPDX-License-Identifier: MIT
"""A worker that stands still takes nothing from the other, and what is lost of its own is counted."""

import subprocess
import time

import pytest

import client
from halted import halted
from network import V4_SERVER, Network
from poller import PORT, each, expect_rest, wait_for
from spread import spread

QUEUES = 2
# The first flow to an even address comes to queue 0, to an odd one to queue 1.
MOVES, FLOODED, SERVED = "10.9.0.20", "10.9.0.22", "10.9.0.23"
FLOOD = f"""
import socket
sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for _ in range(300):
    sender.sendto(bytes([0x40]) + bytes(1199), ("{FLOODED}", {PORT}))
"""
# Slow enough for a worker that runs.
FLOOD_FROM_MANY_PORTS = f"""
import socket, time
for _ in range(60):
    sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    for _ in range(20):
        sender.sendto(bytes([0x40]) + bytes(1199), ("{V4_SERVER}", {PORT}))
    time.sleep(0.002)
"""


def lost_by_the_kernel(network):
    """Of each queue, because there was no place."""
    return [one["rx_ring_full"] + one["rx_dropped"] + one["rx_fill_ring_empty_descs"]
            for one in each(network, "xsk", "statistics")]


@pytest.mark.sockets
def test_one_worker_of_sockets_stands_still(network, site, start_poller):
    """Flows that come to it wait; all others are served. What its socket could not hold is counted as lost."""
    start_poller()
    site.make_file("small", 1 << 20)
    thread = each(network, "worker", "thread")[0]
    with halted(thread):
        fetches = [subprocess.Popen(Network.enter(network.client, client.command(
            V4_SERVER, ["https://localhost/small"], "-q"))) for _ in range(12)]
        wait_for(lambda: each(network, "quic", "connections", "handshakes_completed")[1] > 0, "nobody is served")
        served = each(network, "quic", "connections", "handshakes_completed")[1]
        wait_for(lambda: sum(fetch.poll() == 0 for fetch in fetches) >= served, "those that are served do not end")
        assert each(network, "quic", "connections", "accepted")[0] == 0
        limit = time.monotonic() + 20
        while int(network.run(network.server, "nstat", "-asz", "UdpRcvbufErrors").stdout.split()[-2]) == 0:
            assert time.monotonic() < limit, "its buffer has no bounds"
            network.run(network.client, "/usr/bin/python3", "-c", FLOOD_FROM_MANY_PORTS)
    for fetch in fetches:
        assert fetch.wait(timeout=20) == 0
    wait_for(lambda: each(network, "socket", "drop_socket_full")[0] > 0, "nobody counts what is lost")
    assert each(network, "socket", "drop_socket_full")[1] == 0
    assert min(each(network, "quic", "connections", "accepted")) > 0


@pytest.mark.af_xdp
def test_one_worker_stands_still(network, site, start_poller):
    """Its own queue overflows, and what is handed to it waits only until it holds its share of the other's frames."""
    start_poller("--frames", "128")
    spread(network)
    for address in (MOVES, FLOODED, SERVED):
        network.run(network.server, "ip", "addr", "add", f"{address}/24", "dev", "s0")
    big = site.make_sparse_file("big", 300 << 20)
    site.make_file("small", 10 << 20)
    upload = subprocess.Popen(Network.enter(network.client, client.command(
        MOVES, ["https://localhost/upload/big"], "-q", "--http-method=PUT", f"--data={big}",
        "--change-local-addr=20ms")))
    wait_for(lambda: each(network, "handoff", "in")[0] > 100, "the upload does not come to the other queue")
    with halted(each(network, "worker", "thread")[0]):
        before = lost_by_the_kernel(network)
        assert upload.poll() is None
        wait_for(lambda: each(network, "handoff", "full")[1] > 0, "its frames are not bounded")
        network.run(network.client, "/usr/bin/python3", "-c", FLOOD)
        client.fetch(network, site, ["small"], SERVED)
        assert each(network, "quic", "connections", "accepted") == [1, 1]
        away = each(network, "frames", "receive")[1]["held"]
        assert 0 < away <= 32, "half of its receive frames"
        after = lost_by_the_kernel(network)
        assert after[0] > before[0], "nobody counts what is lost"
        assert after[1] == before[1]
    assert upload.wait(timeout=60) == 0
    site.expect_same(big, site.uploads / "big")
    expect_rest(network)
