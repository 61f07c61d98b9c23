# SPDX-License-Identifier: MIT
"""`quicrx check --try` where there is zero copy to be found."""

import json

import pytest

import client
from marks import needs_tap
from poller import QUICRX, quicrx, stats, wait_for
from wire import DRIVER

QUEUES = {"virtio_net": 1, "igb": 2}


def check(network, *options, device="s0", namespace=None):
    done = network.run(namespace or network.server, QUICRX, "check", device, "--json", *options, check=False)
    return json.loads(done.stdout)["findings"]


def only(findings, topic):
    return [finding for finding in findings if finding["topic"] == topic]


def test_every_queue_is_tried(network, site, start_poller):
    findings = check(network, "--try")
    trials = only(findings, "zero_copy_trial")
    assert [trial["grade"] for trial in trials] == ["good"] * QUEUES[DRIVER], trials
    assert only(findings, "driver")[0]["text"].startswith(f"{DRIVER}, bus 0000:00:")
    assert "(queue 0) on CPU " in only(findings, "interrupts")[0]["text"]
    network.wait_carrier()
    assert "xdp" not in network.run(network.server, "ip", "link", "show", "s0").stdout
    # What was tried serves as before.
    start_poller("--bind", "zero-copy")
    site.make_file("file", 300_000)
    client.fetch(network, site, ["file"])


def test_a_poller_is_not_disturbed(network, site, start_poller):
    poller = start_poller("--bind", "zero-copy")
    site.make_file("file", 12 << 20)
    download = client.Fetch(network, site, "file")
    trial = only(check(network, "--try"), "zero_copy_trial")[0]
    download.finish()
    assert trial["grade"] == "good"
    assert f"poller {poller.process.pid} serves it in zero-copy mode" in trial["text"]
    assert stats(network)["queues"][0]["poller"]["zero_copy"]


@pytest.mark.driver("igb")
def test_rings_rules_and_flows_of_igb(network):
    """What is advised is done, and then nothing is left to advise."""
    def grade(topic):
        return only(check(network), topic)[0]["grade"]

    network.run(network.server, "ethtool", "-X", "s0", "default")
    for family in ("udp4", "udp6"):
        network.run(network.server, "ethtool", "-N", "s0", "rx-flow-hash", family, "sd")
    by_addresses = only(check(network), "rss")[0]
    assert by_addresses["grade"] == "advice" and "UDP by addresses only" in by_addresses["text"]
    network.run(network.server, "sh", "-c", by_addresses["remedy"])
    findings = check(network)
    assert only(findings, "queues")[0]["text"].startswith("2 active of")
    assert only(findings, "flow_steering")[0]["text"] == "rules are possible, and off (ntuple)"
    interrupts = only(findings, "interrupts")[0]
    assert interrupts["grade"] == "good" and "(queue 1) on CPU " in interrupts["text"]
    assert only(findings, "rss")[0]["text"] == "flows are spread over 2 queues, each served by a worker"
    network.run(network.server, "ethtool", "-X", "s0", "equal", "1")
    assert only(check(network), "rss")[0]["text"] == "every flow goes to queue 0"
    found = only(findings, "nic_ring")[0]
    assert found["grade"] == "advice"
    network.run(network.server, "sh", "-c", found["remedy"])
    network.wait_carrier()
    assert grade("nic_ring") == "good"
    network.run(network.server, "ethtool", "-G", "s0", "rx", "256")
    network.wait_carrier()


@pytest.mark.driver("virtio_net")
def test_what_says_zero_copy_and_gives_none(network):
    findings = check(network, "--try", device="c0", namespace=network.client)
    assert only(findings, "zero_copy")[0]["grade"] == "good", "the driver has it"
    trial = only(findings, "zero_copy_trial")[0]
    assert trial["grade"] == "advice" and "Invalid argument" in trial["text"], "this card does not"


@needs_tap
@pytest.mark.driver("virtio_net")
def test_spare_queue_pairs(network):
    network.run(network.server, "ethtool", "-L", "spare", "combined", "2")
    network.run(network.server, "ip", "link", "set", "spare", "up")
    found = only(check(network, device="spare"), "queues")[0]
    assert found["grade"] == "problem" and found["remedy"] == "ethtool -L spare combined 4"
    network.run(network.server, "sh", "-c", found["remedy"])
    assert only(check(network, "--try", device="spare"), "queues")[0]["grade"] == "good"
    # The kernel takes a queue from an AF_XDP socket some time after its process has ended.
    wait_for(lambda: network.run(network.server, "ethtool", "-L", "spare", "combined", "2", check=False).returncode == 0,
             "the queues are not free again")


@needs_tap
@pytest.mark.driver("virtio_net")
def test_a_host_that_merges_packets(network):
    """virtio_net refuses native XDP on such a card; check says so, and so does the load."""
    network.run(network.server, "ip", "link", "set", "fixed", "up")
    found = only(check(network, device="fixed"), "checksum_offload")[0]
    assert found["grade"] == "problem" and "refuses native XDP" in found["text"]
    assert only(check(network), "checksum_offload")[0]["grade"] == "good"
    refused = quicrx(network, "load", "fixed", "--port", "4433", "--mode", "native", check=False)
    assert refused.returncode == 6
    assert "fell back to generic mode" in quicrx(network, "load", "fixed", "--port", "4433").stderr
    quicrx(network, "unload", "fixed")
