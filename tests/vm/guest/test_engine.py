# SPDX-License-Identifier: MIT
"""The engine on a driver that has zero copy: in zero-copy and in copy mode."""

import time

import client
from poller import expect_rest, quicrx, stats
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
    start_poller("--bind", bind, "--frames", "32768")  # a ring that an emulated CPU cannot fall behind
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
    """What a killed poller left, the program that it loaded among it, serves the next."""
    site.make_file("file", 300_000)
    for _ in range(2):
        killed = start_poller("--bind", bind)
        client.fetch(network, site, ["file"])
        before = attached_id(network)
        killed.kill()
        assert attached_id(network) == before
    start_poller("--bind", bind)
    client.fetch(network, site, ["file"])
    assert attached_id(network) == before
    assert stats(network)["queues"][0]["poller"]["zero_copy"] == (bind == "zero-copy")
    assert stats(network)["queues"][0]["af_xdp"]["received_datagrams"] > 0


def attached_id(network):
    return stats(network)["program"]["id"]


def test_link_down_and_up(network, site, start_poller, bind):
    """While bound. The transfer that meets it goes on, as QUIC has it."""
    start_poller("--bind", bind)
    site.make_file("file", 4 << 20)
    name = "file"
    transfer = network.start(network.client, *client.command("10.9.0.1", [f"https://localhost/{name}"], "-q",
                                                             f"--download={site.downloads}"))
    time.sleep(0.3)
    for state in ("down", "up"):
        network.run(network.server, "ip", "link", "set", "s0", state)
        time.sleep(0.3)
    network.wait_carrier()
    assert transfer.wait(timeout=40) == 0
    site.expect_same(site.root / name, site.downloads / name)
    client.upload(network, site, site.root / name, name)
    assert stats(network)["queues"][0]["poller"]["zero_copy"] == (bind == "zero-copy")


def test_load_and_unload_20_times(network):
    """Nothing of it stays: no program, no pin, and the interface as it was."""
    network.wait_carrier()
    bare = network.run(network.server, "ip", "-o", "link", "show", "s0").stdout
    for _ in range(20):
        quicrx(network, "load", "s0", "--port", "4433")
        assert "quicrx_steer" in network.attached()
        quicrx(network, "unload", "s0")
    assert "quicrx_steer" not in network.attached()
    network.wait_carrier()
    assert network.run(network.server, "ip", "-o", "link", "show", "s0").stdout == bare
