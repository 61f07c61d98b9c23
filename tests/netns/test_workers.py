# SPDX-License-Identifier: MIT
"""One worker a queue: which queues are served, on which CPUs, and that each connection stays with its worker."""

import os
import pathlib
import re

import pytest

import client
import serving
from network import V4_SERVER, V6_SERVER
from poller import by_af_xdp, each, expect_by_rings, expect_rest, quicrx, stats
from spread import expect_spread, handoffs, spread

QUEUES = 2


def accepted(network, device=None):
    return each(network, "quic", "connections", "accepted", device=device)


def cpus_of(pid, thread):
    status = pathlib.Path(f"/proc/{pid}/task/{thread}/status").read_text(encoding="ascii")
    return re.search(r"^Cpus_allowed_list:\s*(\S+)$", status, re.MULTILINE)[1]


def test_each_queue_has_its_worker(network, site, poller):
    spread(network)
    site.make_file("file", 2 << 20)
    for address in (V4_SERVER, V6_SERVER):
        for _ in range(2):
            client.fetch(network, site, ["file"], address)
        for _ in range(2):
            client.upload(network, site, site.root / "file", "file", address)
    expect_spread(accepted(network), [4, 4])
    assert handoffs(network) == ([0, 0], [0, 0])
    expect_by_rings(network)
    own = 8192 if by_af_xdp() else 0
    assert all(pools["receive"]["size"] + pools["transmit"]["size"] == own
               for pools in expect_rest(network).values()), "each has its own frames"


@pytest.mark.af_xdp
def test_threads_have_names_and_cpus(network, poller):
    """In the order of the CPUs that the process may use, for veth has no interrupts."""
    workers = each(network, "worker")
    tasks = pathlib.Path(f"/proc/{poller.process.pid}/task")
    names = [(tasks / str(worker["thread"]) / "comm").read_text(encoding="ascii").strip() for worker in workers]
    assert [worker["number"] for worker in workers] == [0, 1]
    assert [re.findall(r"\d+", name)[-1] for name in names] == ["0", "1"], names
    allowed = sorted(os.sched_getaffinity(0))
    assert [worker["cpu"] for worker in workers] == [allowed[0], allowed[1 % len(allowed)]]
    for worker in workers:
        assert cpus_of(poller.process.pid, worker["thread"]) == str(worker["cpu"])


def test_cpus_that_are_named(network, start_poller):
    last, first = sorted(os.sched_getaffinity(0))[-1], sorted(os.sched_getaffinity(0))[0]
    poller = start_poller("--cpu", f"{last},{first}")
    workers = each(network, "worker")
    assert [worker["cpu"] for worker in workers] == [last, first]
    assert [cpus_of(poller.process.pid, worker["thread"]) for worker in workers] == [str(last), str(first)]


def test_no_cpus(network, start_poller):
    poller = start_poller("--cpu", "none")
    for worker in each(network, "worker"):
        assert worker["cpu"] in (None, -1)
        assert cpus_of(poller.process.pid, worker["thread"]) == cpus_of(os.getpid(), os.getpid())


@pytest.mark.af_xdp
@pytest.mark.parametrize("words, queues", [("all", [0, 1]), ("0-1", [0, 1]), ("1,0", [0, 1]), ("0", [0]), ("1", [1])])
def test_queues_that_are_named(network, site, start_poller, words, queues):
    """The others are the kernel's, and served by its sockets."""
    start_poller("--queues", words)
    spread(network)
    site.make_file("file", 100_000)
    for _ in range(2):
        client.fetch(network, site, ["file"])
    assert each(network, "queue") == queues
    assert sum(accepted(network)) == 2
    assert all(received > 0 for received in each(network, "af_xdp", "received_datagrams"))
    one_is_left_out = len(queues) == 1
    assert (sum(each(network, "socket", "received_datagrams")) > 0) == one_is_left_out
    assert (stats(network)["xdp"]["pass_no_socket"] > 0) == one_is_left_out


@pytest.mark.af_xdp
def test_two_interfaces(network, site, start_poller):
    """Three workers in one process, each known by its number."""
    other = network.add_second_wire()
    poller = start_poller(devices=("s0", "s1"))
    spread(network)
    site.make_file("file", 2 << 20)
    for address in (V4_SERVER, V4_SERVER, other):
        client.fetch(network, site, ["file"], address)
        client.upload(network, site, site.root / "file", "file", address)
    assert accepted(network) == [2, 2] and accepted(network, "s1") == [2]
    workers = each(network, "worker") + each(network, "worker", device="s1")
    assert [worker["number"] for worker in workers] == [0, 1, 2]
    assert len({worker["thread"] for worker in workers}) == 3
    assert sum(each(network, "socket", "received_datagrams") +
               each(network, "socket", "received_datagrams", device="s1")) == 0
    text = quicrx(network, "stats").stdout
    assert "s0 (veth)" in text and "s1 (veth)" in text
    for device in poller.devices:
        expect_rest(network, device)
    poller.stop()
    for device in poller.devices:
        assert "xdp" not in network.run(network.server, "ip", "link", "show", device).stdout


def test_statistics_as_text(network, poller):
    text = quicrx(network, "stats", serving.now.server).stdout
    assert f"{'queues' if by_af_xdp() else 'workers'} 0 to 1: UDP port" in text


@pytest.mark.af_xdp
def test_the_sockets_serve_what_the_kernel_is_passed(network, site, poller):
    """Whichever worker has them: nothing is left to XDP, and who moves is still found."""
    spread(network)
    quicrx(network, "unload", "s0")
    file = site.make_file("file", 20 << 20)
    client.fetch(network, site, ["file"])
    client.upload(network, site, file, "file", options=["--change-local-addr=20ms"])
    client.upload(network, site, file, "file", V6_SERVER)
    assert sum(accepted(network)) == 3
    assert sum(each(network, "quic", "connections", "paths_validated")) >= 1
    assert sum(each(network, "socket", "received_datagrams")) > 10_000
    assert each(network, "af_xdp", "received_datagrams") == [0, 0]
