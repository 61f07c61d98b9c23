# SPDX-License-Identifier: MIT
"""What drivers do to an AF_XDP program that does not know them (docs/operations.md, table of drivers)."""

import json

import pytest

import client
from marks import needs_tap
from poller import BUILD, QUICRX, Poller, quicrx, stats
from wire import DRIVER

FRAME_BYTES = {"virtio_net": 2048, "igb": 4096}
BUSY, UNSUPPORTED = 5, 6


def test_whole_frames(network, site, start_poller):
    """igb cuts what is longer than 1,024 bytes in 2 KiB chunks, and tells nobody."""
    start_poller("--bind", "zero-copy")
    site.make_file("file", 1 << 20)
    client.upload(network, site, site.root / "file", "file", options=["--max-udp-payload-size=1472"])
    queue = stats(network)["queues"][0]
    assert queue["poller"]["frame_bytes"] == FRAME_BYTES[DRIVER]
    assert queue["af_xdp"]["received_bytes"] > 1200 * queue["af_xdp"]["received_datagrams"]
    assert queue["af_xdp"]["drop_bad_frame"] == 0


def test_carrier_is_back_when_a_command_ends(network, start_poller):
    """igb takes it away for more than a second."""
    network.wait_carrier()
    for command in (["load", "s0", "--port", "4433"], ["unload", "s0"]):
        quicrx(network, *command)
        assert network.has_carrier()
    start_poller()
    assert network.has_carrier()


def run_on(network, name, device, site, *options):
    return network.run(name, QUICRX, "run", device, "--io", "af-xdp", "--port", "4433", "--cert", str(site.certificate), "--key",
                       str(site.key), "--root", str(site.root), *options, check=False, timeout=30)


@pytest.mark.driver("virtio_net")
def test_automatic_becomes_copy_mode_aloud(network, site):
    """The client's card is a virtio_net without a DMA device of its own, which zero copy wants."""
    refused = run_on(network, network.client, "c0", site, "--bind", "zero-copy")
    assert refused.returncode == UNSUPPORTED and "gives no zero copy (Invalid argument)" in refused.stderr
    poller = Poller(network, site, namespace=network.client, devices=("c0",)).wait_ready()
    try:
        assert "copy mode (driver virtio_net refused zero copy: Invalid argument)" in poller.output()
        told = network.run(network.client, QUICRX, "stats", "c0").stdout
        assert "copy mode (zero copy refused: Invalid argument)" in told
        facts = json.loads(network.run(network.client, QUICRX, "stats", "c0", "--json").stdout)["interfaces"][0]
        assert facts["queues"][0]["poller"]["zero_copy_refused"] == "Invalid argument"
    finally:
        poller.stop()


@needs_tap
@pytest.mark.driver("virtio_net")
def test_spare_queue_pairs_are_refused(network, site):
    """A card with more queue pairs than CPUs: on those that virtio_net takes for XDP nothing is ever sent."""
    network.run(network.server, "ip", "link", "set", "spare", "up")
    for done in (quicrx(network, "load", "spare", "--port", "4433", check=False),
                 run_on(network, network.server, "spare", site)):
        assert done.returncode == UNSUPPORTED, done.stderr
        assert "'ethtool -L spare combined 4' first" in done.stderr
    assert "xdp" not in network.run(network.server, "ip", "link", "show", "spare").stdout

    # Another program's attach has taken them: the queue itself is refused.
    network.run(network.server, "xdp-loader", "load", "-m", "native", "-s", "xdp", "spare",
                str(BUILD / "tests" / "foreign.bpf.o"))
    mute = run_on(network, network.server, "spare", site, "--queues", "2")
    assert mute.returncode == UNSUPPORTED
    assert "nothing could be sent from queue 2" in mute.stderr and "ethtool -L spare combined 4" in mute.stderr
    network.run(network.server, "xdp-loader", "unload", "spare", "--all")

    # The cure that the messages name.
    network.run(network.server, "ethtool", "-L", "spare", "combined", "4")
    quicrx(network, "load", "spare", "--port", "4433")
    quicrx(network, "unload", "spare")


@pytest.mark.driver("igb")
def test_mtu_that_the_driver_has_no_buffers_for(network, site, start_poller):
    network.run(network.server, "ip", "link", "set", "s0", "mtu", "9000")
    try:
        done = run_on(network, network.server, "s0", site)
        assert done.returncode == UNSUPPORTED
        assert "driver igb has no XDP for packets of several buffers" in done.stderr and "mtu 3046" in done.stderr
        # What the message says fits, fits.
        for name, device in ((network.server, "s0"), (network.client, "c0")):
            network.run(name, "ip", "link", "set", device, "mtu", "3046")
        network.wait_carrier()
        poller = start_poller("--bind", "zero-copy")
        site.make_file("file", 1 << 20)
        client.upload(network, site, site.root / "file", "file", options=["--max-udp-payload-size=3018"])
        counters = stats(network)["queues"][0]["af_xdp"]
        assert counters["received_bytes"] > 2500 * counters["received_datagrams"]
        assert counters["gathered_datagrams"] == 0
        poller.stop()
    finally:
        for name, device in ((network.server, "s0"), (network.client, "c0")):
            network.run(name, "ip", "link", "set", device, "mtu", "1500")
        network.wait_carrier()


@pytest.mark.driver("igb")
def test_metadata_that_the_driver_has_not(network):
    done = quicrx(network, "load", "s0", "--port", "4433", "--rx-metadata", check=False)
    assert done.returncode == UNSUPPORTED and "driver igb gives XDP neither" in done.stderr


@pytest.mark.driver("virtio_net")
def test_jumbo_frames(network, site, start_poller):
    """In copy mode; with zero copy virtio_net has none, and says so."""
    quicrx(network, "load", "s0", "--port", "4433")
    for name, device in ((network.server, "s0"), (network.client, "c0")):
        network.run(name, "ip", "link", "set", device, "mtu", "9000")
    try:
        small = run_on(network, network.server, "s0", site)
        assert small.returncode == BUSY and "loaded for a smaller MTU" in small.stderr
        quicrx(network, "unload", "s0")
        # What a killed poller left from before is replaced instead.
        network.run(network.server, "ip", "link", "set", "s0", "mtu", "1500")
        start_poller().kill()
        network.run(network.server, "ip", "link", "set", "s0", "mtu", "9000")
        assert not stats(network)["program"]["multi_buffer"]
        refused = run_on(network, network.server, "s0", site, "--bind", "zero-copy")
        assert refused.returncode == UNSUPPORTED and "no zero copy for packets of several buffers" in refused.stderr
        poller = start_poller("--tx", "xdp")
        assert "copy mode (driver virtio_net refused zero copy: Operation not supported)" in poller.output()
        site.make_file("file", 2 << 20)
        client.fetch(network, site, ["file"])
        client.upload(network, site, site.root / "file", "file", options=["--max-udp-payload-size=8972"])
        counters = stats(network)["queues"][0]["af_xdp"]
        assert counters["gathered_datagrams"] > 200
        assert counters["sent_bytes"] > 4000 * counters["sent_datagrams"]
        poller.stop()
    finally:
        for name, device in ((network.server, "s0"), (network.client, "c0")):
            network.run(name, "ip", "link", "set", device, "mtu", "1500")
