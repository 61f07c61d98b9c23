# SPDX-License-Identifier: MIT
"""Jumbo frames: packets larger than a frame, in several (XDP_USE_SG)."""

import pytest

import client
from network import V4_SERVER, V6_SERVER
from poller import expect_rest, quicrx, stats

pytestmark = pytest.mark.af_xdp

MTU = 9000
UNSUPPORTED = 6


@pytest.fixture
def network(network):
    for name, device in ((network.server, "s0"), (network.client, "c0")):
        network.run(name, "ip", "link", "set", device, "mtu", str(MTU))
    return network


@pytest.fixture
def poller(start_poller):
    """Answers by AF_XDP, too, which is what is looked at."""
    return start_poller("--tx", "xdp")


def largest(address):
    """UDP payload that fits the MTU."""
    return MTU - (20 if address == V4_SERVER else 40) - 8


def mean_bytes(counters, way):
    return counters[f"{way}_bytes"] / counters[f"{way}_datagrams"]


@pytest.mark.parametrize("address", [V4_SERVER, V6_SERVER], ids=["ipv4", "ipv6"])
def test_jumbo_datagrams_both_ways(network, site, poller, address):
    assert "several a packet" in poller.output()
    site.make_file("file", 20 << 20)
    client.fetch(network, site, ["file"], address)
    sent = stats(network)["queues"][0]["af_xdp"]
    assert mean_bytes(sent, "sent") > 0.9 * largest(address), "path MTU discovery finds the jumbo MTU"
    client.upload(network, site, site.root / "file", "file", address,
                  options=[f"--max-udp-payload-size={largest(address)}"])
    now = stats(network)
    queue = now["queues"][0]
    assert now["program"]["multi_buffer"] and queue["poller"]["multi_buffer"]
    assert queue["af_xdp"]["gathered_datagrams"] >= (20 << 20) / largest(address)
    assert queue["af_xdp"]["drop_not_gathered"] == 0
    assert queue["xsk"]["statistics"]["tx_invalid_descs"] == 0
    assert queue["socket"]["received_datagrams"] == 0
    gather = expect_rest(network)[0]["gather"]
    assert gather["free"] == gather["size"] > 0


@pytest.mark.parametrize("address", [V4_SERVER, V6_SERVER], ids=["ipv4", "ipv6"])
def test_sockets_answer_with_jumbo_datagrams(network, site, start_poller, address):
    start_poller("--tx", "socket")
    site.make_file("file", 20 << 20)
    client.fetch(network, site, ["file"], address)
    queue = stats(network)["queues"][0]
    assert queue["af_xdp"]["received_datagrams"] > 0 == queue["af_xdp"]["sent_datagrams"]
    assert mean_bytes(queue["socket"], "sent") > 0.9 * largest(address)


def test_small_datagrams_are_not_copied(network, site, poller):
    site.make_file("file", 1 << 20)
    client.upload(network, site, site.root / "file", "file", options=["--max-udp-payload-size=1400"])
    counters = stats(network)["queues"][0]["af_xdp"]
    assert counters["received_datagrams"] > 700
    assert counters["gathered_datagrams"] == 0


def test_datagrams_that_come_to_the_kernel(network, site, poller):
    """The XDP program is gone in the midst of an upload of jumbo datagrams: the sockets take them."""
    source = site.make_file("file", 200 << 20)
    upload = network.start(network.client, *client.command(
        V4_SERVER, ["https://localhost/upload/file"], "-q", "--http-method=PUT", f"--data={source}",
        f"--max-udp-payload-size={largest(V4_SERVER)}"))
    while stats(network)["queues"][0]["af_xdp"]["gathered_datagrams"] < 100:
        assert upload.poll() is None
    quicrx(network, "unload", "s0")
    assert upload.poll() is None, "over too early"
    assert upload.wait(timeout=60) == 0
    site.expect_same(source, site.uploads / "file")
    counters = stats(network)["queues"][0]["socket"]
    assert mean_bytes(counters, "received") > 0.9 * largest(V4_SERVER)
    assert counters["drop_truncated"] == 0


def test_generic_mode_refuses_jumbo_frames(network, start_poller):
    quicrx(network, "load", "s0", "--port", "4433", "--mode", "generic")
    poller = start_poller(ready=False)
    assert poller.process.wait(timeout=20) == UNSUPPORTED
    assert "generic XDP does not take" in poller.output() and "mtu 3814" in poller.output()


def test_a_path_with_a_smaller_mtu(network, site, poller):
    """What the interface can hold, the path cannot: downloads go on with what goes through."""
    network.run(network.client, "ip", "link", "set", "c0", "mtu", "1500")
    site.make_file("file", 5 << 20)
    client.fetch(network, site, ["file"])
    assert 1200 <= mean_bytes(stats(network)["queues"][0]["af_xdp"], "sent") <= 1472
