# SPDX-License-Identifier: MIT
"""The engine on a driver that has zero copy: in zero-copy and in copy mode, answers by AF_XDP in both."""

import os
import pathlib
import time

import pytest

import client
from poller import each, expect_rest, quicrx, stats
from probes import Probes

COPYING = ("__xsk_rcv", "__xsk_generic_xmit")


def expect_no_loss(network, bind):
    now = stats(network)
    queue = now["queues"][0]
    assert queue["poller"]["zero_copy"] == (bind == "zero-copy")
    assert now["program"]["mode"] == "native"
    assert now["program"]["dispatcher"]
    assert now["xdp"]["redirected"] == queue["af_xdp"]["received_datagrams"] > 0
    assert queue["socket"]["received_datagrams"] == 0
    assert not {name: value for name, value in queue["xsk"]["statistics"].items() if value and "tx_ring_empty" not in name}
    assert not {name: value for name, value in queue["af_xdp"].items() if name.startswith("drop_") and value}


def test_transfer(network, site, start_poller, bind):
    """10 MiB down and up; whether the kernel copied is asked of the kernel."""
    quicrx(network, "load", "s0", "--port", "4433")
    # A ring that an emulated CPU cannot fall behind; memory for two of them there is not.
    start_poller("--bind", bind, "--tx", "xdp", "--queues", "0", "--frames", "32768")
    site.make_file("file", 10 << 20)
    with Probes(*COPYING) as probes:
        client.fetch(network, site, ["file"])
        client.upload(network, site, site.root / "file", "file")
        calls = probes.calls()
    expect_no_loss(network, bind)
    expect_rest(network)
    if bind == "zero-copy":
        assert calls == {name: 0 for name in COPYING}
    else:
        assert calls["__xsk_rcv"] >= stats(network)["queues"][0]["af_xdp"]["received_datagrams"]
        assert calls["__xsk_generic_xmit"] > 0


def test_kill_and_start_again(network, site, start_poller, bind):
    """Under traffic. What a killed poller left, the program that it loaded among it, serves the next."""
    site.make_file("file", 300_000)
    site.make_file("large", 8 << 20)
    for _ in range(2):
        killed = start_poller("--bind", bind, "--tx", "xdp")
        client.fetch(network, site, ["file"])
        before = attached_id(network)
        download = client.Fetch(network, site, "large")
        killed.kill()
        download.process.kill()
        download.process.wait()
        assert attached_id(network) == before
    start_poller("--bind", bind, "--tx", "xdp")
    client.fetch(network, site, ["file"])
    assert attached_id(network) == before
    assert stats(network)["queues"][0]["poller"]["zero_copy"] == (bind == "zero-copy")
    assert stats(network)["queues"][0]["af_xdp"]["received_datagrams"] > 0


def attached_id(network):
    return stats(network)["program"]["id"]


def test_link_down_and_up(network, site, start_poller, bind):
    """While bound. The transfer that meets it goes on, as QUIC has it."""
    start_poller("--bind", bind, "--tx", "xdp")
    site.make_file("file", 10 << 20)
    site.make_file("small", 300_000)
    download = client.Fetch(network, site, "file")
    network.run(network.server, "ip", "link", "set", "s0", "down")
    assert not network.has_carrier()
    download.expect_under_way()
    time.sleep(0.3)
    network.run(network.server, "ip", "link", "set", "s0", "up")
    network.wait_carrier()
    download.finish()
    client.upload(network, site, site.root / "small", "small")
    assert stats(network)["queues"][0]["poller"]["zero_copy"] == (bind == "zero-copy")
    expect_rest(network)


@pytest.mark.driver("igb")
def test_the_second_queue(network, site, start_poller):
    """Every flow is sent to it; the poller is there."""
    network.run(network.server, "ethtool", "-X", "s0", "weight", "0", "1")
    try:
        start_poller("--bind", "zero-copy", "--queues", "1")
        site.make_file("file", 1 << 20)
        client.fetch(network, site, ["file"])
        client.upload(network, site, site.root / "file", "file")
        expect_no_loss(network, "zero-copy")
    finally:
        network.to_one_queue()


@pytest.mark.driver("igb")
def test_connections_that_change_queue(network, site, start_poller):
    """Handed over in frames of another worker's memory that the card wrote; still nothing is copied."""
    network.to_every_queue()
    try:
        start_poller("--bind", "zero-copy")
        site.make_file("file", 3 << 20)
        with Probes(*COPYING) as probes:
            # Each move goes to the other queue as likely as not.
            for _ in range(20):
                client.fetch(network, site, ["file"], options=["--change-local-addr=100ms"])
                if sum(each(network, "handoff", "out")) > 0:
                    break
            assert probes.calls() == {name: 0 for name in COPYING}
        assert all(each(network, "poller", "zero_copy"))
        assert sum(each(network, "handoff", "out")) == sum(each(network, "handoff", "in")) > 0
        assert sum(each(network, "socket", "received_datagrams")) == 0
        expect_rest(network)
    finally:
        network.to_one_queue()


def everything_of_bpf(network):
    """What could be left behind."""
    pins = sorted(str(path) for path in pathlib.Path("/sys/fs/bpf").rglob("*"))
    programs = network.run(network.server, "xdp-loader", "status").stdout
    return pins, programs, os.path.exists("/run/quicrx"), network.run(network.server, "ip", "-o", "link", "show", "s0").stdout


def test_load_and_unload_20_times(network):
    """Nothing of it stays: no program, no pin, no record, and the interface as it was."""
    quicrx(network, "load", "s0", "--port", "4433")  # the dispatcher's folder is made once and stays
    quicrx(network, "unload", "s0")
    network.wait_carrier()
    bare = everything_of_bpf(network)
    for _ in range(19):
        quicrx(network, "load", "s0", "--port", "4433")
        assert "quicrx_steer" in network.attached()
        quicrx(network, "unload", "s0")
    network.wait_carrier()
    assert everything_of_bpf(network) == bare
    assert "quicrx" not in str(bare)
