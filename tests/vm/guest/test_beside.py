# SPDX-License-Identifier: MIT
"""Beside other XDP programs, in libxdp's dispatcher: Debian's xdp-filter, and programs loaded by xdp-loader."""

import json
import re

import pytest

import client
from network import V4_SERVER
from poller import BUILD, quicrx, stats

FOREIGN = str(BUILD / "tests" / "foreign.bpf.o")
BLOCKED = "10.9.0.99"
OURS = "quicrx_steer"
BUSY = 5


@pytest.fixture
def site(site):
    site.make_file("file", 100_000)
    return site


@pytest.fixture
def second_client(network):
    """Another address of the client's, to be blocked by xdp-filter."""
    network.run(network.client, "ip", "addr", "add", f"{BLOCKED}/24", "dev", "c0")
    yield BLOCKED
    network.run(network.client, "ip", "addr", "del", f"{BLOCKED}/24", "dev", "c0")


def load_filter(network):
    network.run(network.server, "xdp-filter", "load", "s0")
    network.run(network.server, "xdp-filter", "ip", BLOCKED, "-m", "src")


def load_foreign(network, section, priority):
    network.run(network.server, "xdp-loader", "load", "-m", "native", "-s", section, "-P", str(priority), "s0", FOREIGN)


def reaches(network, source, seconds=1):
    return network.run(network.client, "ping", "-c", "1", "-W", str(seconds), "-I", source, V4_SERVER,
                       check=False).returncode == 0


def expect_filter_works(network):
    network.wait_carrier()
    assert reaches(network, "10.9.0.2", 5)
    assert not reaches(network, BLOCKED)


def expect_ours_works(network, site):
    before = stats(network)["xdp"]["redirected"]
    client.fetch(network, site, ["file"])
    assert stats(network)["xdp"]["redirected"] > before
    assert stats(network)["queues"][0]["socket"]["received_datagrams"] == 0


def order(network):
    """Program names in the order in which they run."""
    return re.findall(r"^ =>\s+\d+\s+(\S+)", network.attached(), re.MULTILINE)


@pytest.mark.parametrize("first", ["theirs first", "ours first"])
def test_beside_xdp_filter(network, site, start_poller, second_client, first):
    if first == "theirs first":
        load_filter(network)
    quicrx(network, "load", "s0", "--port", "4433")
    if first != "theirs first":
        load_filter(network)
    poller = start_poller()
    network.wait_carrier()
    network.run(network.server, "xdp-filter", "ip", BLOCKED, "-m", "src", "-r")
    assert reaches(network, BLOCKED, 5), "it is the filter that blocks"
    network.run(network.server, "xdp-filter", "ip", BLOCKED, "-m", "src")
    expect_filter_works(network)
    expect_ours_works(network, site)
    poller.stop()
    quicrx(network, "unload", "s0")
    assert OURS not in order(network)
    expect_filter_works(network)


@pytest.mark.driver("virtio_net")
def test_their_unload_leaves_ours(network, site, start_poller, second_client):
    quicrx(network, "load", "s0", "--port", "4433")
    load_filter(network)
    start_poller()
    network.run(network.server, "xdp-filter", "unload", "s0")
    assert order(network) == [OURS]
    assert reaches(network, BLOCKED, 5)
    expect_ours_works(network, site)


@pytest.mark.driver("virtio_net")
def test_their_unload_under_traffic(network, site, start_poller):
    """Programs come and go while a transfer is under way: it goes on by the same socket."""
    start_poller()
    site.make_file("large", 12 << 20)
    download = client.Fetch(network, site, "large")
    load_foreign(network, "xdp", 10)
    network.run(network.server, "xdp-loader", "unload", "s0", "-i", foreign_id(network))
    download.finish()
    assert stats(network)["queues"][0]["socket"]["received_datagrams"] == 0


@pytest.mark.driver("virtio_net")
def test_a_program_that_was_attached_without_the_dispatcher(network):
    """Nobody can be beside it: refused, and it stays; the command that check names takes it off."""
    network.run(network.server, "ip", "link", "set", "s0", "xdpdrv", "obj", FOREIGN, "sec", "xdp")
    done = quicrx(network, "load", "s0", "--port", "4433", check=False)
    assert done.returncode == BUSY and "cannot be shared with" in done.stderr
    assert "xdp" in network.run(network.server, "ip", "link", "show", "s0").stdout
    findings = json.loads(quicrx(network, "check", "s0", "--json", check=False).stdout)["findings"]
    found = [finding for finding in findings if finding["topic"] == "xdp_programs"][0]
    assert found["grade"] == "problem"
    network.run(network.server, "sh", "-c", found["remedy"])
    quicrx(network, "load", "s0", "--port", "4433")


def foreign_id(network):
    return re.search(r"^ =>\s+\d+\s+foreign\S*\s+(?:native|skb)?\s*(\d+)", network.attached(), re.MULTILINE)[1]


@pytest.mark.driver("virtio_net")
def test_priority(network):
    load_foreign(network, "xdp", 20)
    for priority, expected in ((5, [OURS, "foreign"]), (30, ["foreign", OURS])):
        loaded = quicrx(network, "load", "s0", "--port", "4433", "--priority", str(priority)).stdout
        assert f"priority {priority}" in loaded
        assert order(network) == expected
        assert stats(network)["program"]["priority"] == priority
        quicrx(network, "unload", "s0")
    quicrx(network, "load", "s0", "--port", "4433")
    assert stats(network)["program"]["priority"] == 50


@pytest.mark.driver("virtio_net")
def test_chain_actions(network, site, start_poller):
    """Behind a program that drops everything nothing passes, unless what we pass does not go on to it."""
    network.run(network.client, "ip", "neigh", "replace", V4_SERVER, "lladdr", network.server_mac(), "dev", "c0")
    load_foreign(network, "xdp/drop", 90)
    quicrx(network, "load", "s0", "--port", "4433")
    start_poller()
    expect_ours_works(network, site)
    assert not reaches(network, "10.9.0.2")
    quicrx(network, "unload", "s0")
    quicrx(network, "load", "s0", "--port", "4433", "--chain-actions", "aborted,tx")
    assert reaches(network, "10.9.0.2", 5)
    network.run(network.client, "ip", "neigh", "del", V4_SERVER, "dev", "c0")
