# SPDX-License-Identifier: MIT
"""`quicrx check`: what it finds on veth, and that it leaves everything as it was."""

import json
import os
import re
import time

import pytest

import client
from network import Network
from poller import BUILD, QUICRX, quicrx, stats

pytestmark = pytest.mark.af_xdp

GOOD, PROBLEM, NOT_FOUND, ADVICE = 0, 1, 4, 7


def check(network, *options, interface="s0", prefix=()):
    """Findings by topic, and the exit status. Each topic but that of the trial comes once."""
    done = network.run(network.server, *prefix, QUICRX, "check", interface, "--json", *options, check=False)
    report = json.loads(done.stdout)
    worst = {"good": GOOD, "advice": ADVICE, "problem": PROBLEM}[report["worst"]]
    grades = [finding["grade"] for finding in report["findings"]]
    assert max(grades, key=["good", "advice", "problem"].index) == report["worst"]
    assert done.returncode == worst
    return {finding["topic"]: finding for finding in report["findings"]}


def test_every_topic_is_documented(network):
    text = quicrx(network, "check", "s0", "--try", check=False).stdout
    topics = re.findall(r"^  (?:good|advice|problem)\s+(\w+) ", text, re.MULTILINE)
    assert len(topics) == len(set(topics)) > 20
    with open(os.path.join(os.path.dirname(__file__), "..", "..", "docs", "operations.md"), encoding="utf-8") as file:
        documented = file.read()
    assert not [topic for topic in topics if f"`{topic}`" not in documented]
    assert set(topics) == set(check(network, "--try"))
    assert re.search(r"^\d+ good, \d+ advice, 0 problem$", text, re.MULTILINE)


def test_what_it_says_of_veth(network):
    found = check(network, "--try")
    assert found["driver"]["text"] == "veth, a virtual device"
    assert found["native_xdp"]["grade"] == "good"
    assert found["zero_copy"]["grade"] == "advice"
    assert "Operation not supported" in found["zero_copy_trial"]["text"]
    assert found["jit"]["grade"] == found["bpffs"]["grade"] == found["capabilities"]["grade"] == "good"
    assert found["xdp_programs"]["text"] == "none attached"
    assert found["mtu"]["text"] == "1500 fits a frame of 2048 bytes"


def mends(network, topic, prepare, grade):
    """What is wrong is found, and the command that it names mends it."""
    prepare()
    found = check(network)[topic]
    assert found["grade"] == grade, found
    network.run(network.server, "sh", "-c", found["remedy"])
    limit = time.monotonic() + 5
    while check(network)[topic]["grade"] != "good":
        assert time.monotonic() < limit, check(network)[topic]
    return found["text"]


def test_remedies(network):
    run = lambda *command: network.run(network.server, *command)
    mends(network, "link", lambda: run("ip", "link", "set", "s0", "down"), "problem")
    mends(network, "vlan_offload", lambda: run("ethtool", "-K", "s0", "rxvlan", "on"), "advice")
    jumbo = mends(network, "mtu", lambda: run("ip", "link", "set", "s0", "mtu", "9000"), "advice")
    assert "several frames" in jumbo
    foreign = str(BUILD / "tests" / "foreign.bpf.o")
    for mode in ("xdpdrv", "xdpgeneric"):
        text = mends(network, "xdp_programs",
                     lambda: run("ip", "link", "set", "s0", mode, "obj", foreign, "sec", "xdp"), "problem")
        assert "foreign is attached alone" in text


def test_every_queue_is_served():
    network = Network(queues=2)
    try:
        found = check(network)
        assert found["queues"]["text"] == "2 active of 2 possible"
        assert found["rss"]["grade"] == "good"
        assert found["rss"]["text"] == "flows are spread over 2 queues, each served by a worker"
    finally:
        network.close()


def test_without_privileges(network):
    found = check(network, prefix=["setpriv", "--bounding-set=-sys_admin", "--inh-caps=-sys_admin"])
    assert found["capabilities"]["grade"] == "problem" and "CAP_SYS_ADMIN" in found["capabilities"]["text"]


def test_a_trial_without_privileges_is_a_finding(network):
    found = check(network, "--try", prefix=["setpriv", "--reuid=65534", "--clear-groups"])
    assert found["capabilities"]["grade"] == found["zero_copy_trial"]["grade"] == "problem"


def test_it_does_not_disturb_a_poller(network, site, poller):
    site.make_file("file", 200 << 20)
    before = stats(network)
    download = client.Fetch(network, site, "file")
    found = check(network, "--try")
    download.expect_under_way()
    download.finish()
    assert f"poller {poller.process.pid} serves it in copy mode" in found["zero_copy_trial"]["text"]
    after = stats(network)
    assert after["program"]["id"] == before["program"]["id"]
    assert after["queues"][0]["socket"]["received_datagrams"] == 0


def test_memory_that_may_not_be_locked(network):
    limit = ["prlimit", "--memlock=65536:65536", "setpriv", "--bounding-set=-ipc_lock", "--inh-caps=-ipc_lock"]
    found = check(network, prefix=limit)["memory_lock"]
    assert found["grade"] == "problem" and found["remedy"] == "ulimit -l unlimited" and "64 KiB" in found["text"]


def test_exit_status_of_advice_and_of_problems(network):
    assert max(finding["grade"] == "problem" for finding in check(network).values()) is False
    assert network.run(network.server, QUICRX, "check", "s0", check=False).returncode == ADVICE
    network.run(network.server, "ip", "link", "set", "s0", "down")
    assert network.run(network.server, QUICRX, "check", "s0", check=False).returncode == PROBLEM


def test_no_such_interface(network):
    done = network.run(network.server, QUICRX, "check", "nosuch0", check=False)
    assert done.returncode == NOT_FOUND and "no such interface" in done.stderr
