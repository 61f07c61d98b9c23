# SPDX-License-Identifier: MIT
"""Servers by sockets alone send what the interfaces of their address hold."""

import pytest

import client
from network import V4_SERVER, V6_SERVER
from poller import expect_rest, stats

pytestmark = pytest.mark.sockets

MTU = 9000
SIZE = 30 << 20


@pytest.fixture
def network(network):
    for name, device in ((network.server, "s0"), (network.client, "c0")):
        network.run(name, "ip", "link", "set", device, "mtu", str(MTU))
    return network


def largest(address):
    """UDP payload that fits the MTU."""
    return MTU - (20 if address == V4_SERVER else 40) - 8


def worker(network):
    return stats(network)["queues"][0]


def zero_copy_trains(network):
    return worker(network)["socket"]["zero_copy_trains"]


def expect_no_more_zero_copy(network, site, address):
    """Trains of jumbo datagrams are worth it where they are long, and veth copies all the same: so it is given up."""
    for _ in range(40):  # how long trains get is up to the congestion window
        if zero_copy_trains(network) >= 8:
            break
        client.fetch(network, site, ["file"], address)
    given_up_at = zero_copy_trains(network)
    assert 8 <= given_up_at < worker(network)["socket"]["gso_trains"]
    for _ in range(3):
        client.fetch(network, site, ["file"], address)
    assert zero_copy_trains(network) == given_up_at


@pytest.mark.parametrize("address", [V4_SERVER, V6_SERVER], ids=["ipv4", "ipv6"])
def test_jumbo_datagrams(network, site, poller, address):
    site.make_file("file", SIZE)
    client.fetch(network, site, ["file"], address)
    now = worker(network)
    sent = now["socket"]
    assert sent["sent_bytes"] / sent["sent_datagrams"] > 0.9 * largest(address), "path MTU discovery finds the jumbo MTU"
    assert sent["drop_send_failed"] == 0
    if now["io"] == "io_uring":
        expect_no_more_zero_copy(network, site, address)
    expect_rest(network)


def test_a_path_with_a_smaller_mtu(network, site, poller):
    network.run(network.client, "ip", "link", "set", "c0", "mtu", "1500")
    # What the kernel has yet to cut, a veth takes whatever its size.
    network.run(network.server, "ethtool", "-K", "s0", "tx", "off", "gso", "off")
    site.make_file("file", 5 << 20)
    client.fetch(network, site, ["file"])
    sent = worker(network)["socket"]
    assert 1200 <= sent["sent_bytes"] / sent["sent_datagrams"] <= 1472


def test_interfaces_that_differ(network, site, start_poller):
    """The largest MTU is tried on each path, and does no harm where it is too large."""
    jumbo = network.add_second_wire()
    for name, number in ((network.server, "s"), (network.client, "c")):
        network.run(name, "ip", "link", "set", number + "1", "mtu", str(MTU))
        network.run(name, "ip", "link", "set", number + "0", "mtu", "1500")
    start_poller()
    site.make_file("file", 5 << 20)
    client.fetch(network, site, ["file"])
    small = worker(network)["socket"]
    assert 1200 <= small["sent_bytes"] / small["sent_datagrams"] <= 1472
    client.fetch(network, site, ["file"], jumbo)
    both = worker(network)["socket"]
    assert both["sent_datagrams"] - small["sent_datagrams"] < small["sent_datagrams"] / 3
