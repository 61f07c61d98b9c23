# SPDX-License-Identifier: MIT
"""Receive metadata: what veth knows of a packet (its hash), by a program that is bound to the device."""

import pytest

import client
from network import sh
from poller import QUICRX, quicrx, stats

pytestmark = pytest.mark.af_xdp

USAGE, UNSUPPORTED = 2, 6


def test_hash_by_metadata(network, site, start_poller):
    loaded = quicrx(network, "load", "s0", "--port", "4433", "--rx-metadata").stdout
    assert "alone (receive metadata)" in loaded
    poller = start_poller()
    assert "receive metadata without timestamps (s0: driver veth has no PTP clock)" in poller.output()
    site.make_file("file", 5 << 20)
    client.fetch(network, site, ["file"])
    client.upload(network, site, site.root / "file", "file")
    now = stats(network)
    assert now["program"]["rx_metadata"]
    counters = now["queues"][0]["af_xdp"]
    assert counters["hashed_datagrams"] == counters["received_datagrams"] > 1000
    assert counters["bad_timestamps"] == 0, "veth has no clock: no stamp of it is believed"
    assert now["xdp"]["pass_no_metadata"] == 0
    quicrx(network, "unload", "s0")
    assert "xdp" not in network.run(network.server, "ip", "link", "show", "s0").stdout


def test_metadata_is_off_unless_asked_for(network, site, poller):
    site.make_file("file", 1 << 20)
    client.upload(network, site, site.root / "file", "file")
    now = stats(network)
    assert not now["program"]["rx_metadata"]
    assert now["queues"][0]["af_xdp"]["hashed_datagrams"] == 0


def test_driver_without_metadata(network):
    network.run(network.server, "ip", "tuntap", "add", "t0", "mode", "tap")
    network.run(network.server, "ip", "link", "set", "t0", "up")
    done = quicrx(network, "load", "t0", "--port", "4433", "--rx-metadata", check=False)
    assert done.returncode == UNSUPPORTED
    assert "driver tun gives XDP neither timestamps nor hashes" in done.stderr
    assert "xdp" not in network.run(network.server, "ip", "link", "show", "t0").stdout


def test_metadata_excludes(network):
    for options in (["--mode", "generic"], ["--priority", "10"], ["--chain-actions", "drop"]):
        done = quicrx(network, "load", "s0", "--port", "4433", "--rx-metadata", *options, check=False)
        assert done.returncode == USAGE and "--rx-metadata" in done.stderr
    assert sh(QUICRX, "load", "--help").stdout.count("--rx-metadata") == 1
