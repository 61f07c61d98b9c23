# SPDX-License-Identifier: MIT
"""Files over HTTP/3 through the XDP program, AF_XDP and ngtcp2, compared byte for byte."""

import concurrent.futures
import os
import re
import time

import pytest

import client
from network import V4_SERVER, V6_SERVER
from poller import PORT, QUICRX, by_af_xdp, by_any_port, expect_by_rings, quicrx, stats, wait_for

FRESH = 4  # seconds: for longer no worker believes what addresses the machine has
SIZES = {"one_byte": 1, "one_packet": 1000, "hundred_mib": 100 << 20}


def expect_by_af_xdp(network):
    """The transfer did not go by the kernel's sockets, and nothing was lost but by a full ring."""
    expect_by_rings(network)
    queue = stats(network)["queues"][0]
    losses = {name: value for way in ("af_xdp", "socket") for name, value in queue[way].items()
              if name.startswith("drop_") and value}
    losses.pop("drop_socket_full", None)  # as of a full ring: QUIC's to mend
    losses.update({name: value for name, value in queue["quic"]["drops"].items() if value})
    # Packets of the client's that crossed its own close on the way are dropped as such.
    losses.pop("connection_closing", None)
    losses.pop("unknown_connection", None)
    assert not losses


@pytest.mark.parametrize("address", [V4_SERVER, V6_SERVER], ids=["ipv4", "ipv6"])
@pytest.mark.parametrize("size", SIZES)
def test_download(network, site, poller, address, size):
    site.make_file(size, SIZES[size])
    client.fetch(network, site, [size], address)
    expect_by_af_xdp(network)


@pytest.mark.parametrize("address", [V4_SERVER, V6_SERVER], ids=["ipv4", "ipv6"])
@pytest.mark.parametrize("size", SIZES)
def test_upload(network, site, poller, address, size):
    client.upload(network, site, site.make_file(size, SIZES[size]), size, address)
    expect_by_af_xdp(network)


@pytest.mark.af_xdp
def test_over_a_vlan(network, site, poller):
    """The tag that came is on what goes back. The kernel here has no VLAN devices: tc's BPF tags for the client."""
    tagger = os.path.join(os.path.dirname(os.path.dirname(QUICRX)), "tests", "vlan_tag.bpf.o")
    run = lambda *command: network.run(network.client, *command)
    run("ethtool", "-K", "c0", "txvlan", "off", "rxvlan", "off")
    run("tc", "qdisc", "add", "dev", "c0", "clsact")
    for direction, section in (("egress", "tc/push"), ("ingress", "tc/pop")):
        run("tc", "filter", "add", "dev", "c0", direction, "bpf", "direct-action", "obj", tagger, "sec", section)
    for address in (V4_SERVER, V6_SERVER):
        run("ip", "neigh", "replace", address, "lladdr", network.server_mac(), "dev", "c0")
    for name, size in SIZES.items():
        site.make_file(name, size)
        for address in (V4_SERVER, V6_SERVER):
            client.fetch(network, site, [name], address)
            client.upload(network, site, site.root / name, name, address)
    expect_by_af_xdp(network)
    counts = run("tc", "-s", "filter", "show", "dev", "c0", "ingress").stdout
    assert "vlan_tag" in counts


@pytest.mark.af_xdp
@pytest.mark.parametrize("address", [V4_SERVER, V6_SERVER], ids=["ipv4", "ipv6"])
@pytest.mark.parametrize("transmit, words", [("socket", "sockets"), ("xdp", "AF_XDP")])
def test_answers_leave_as_told(network, site, start_poller, address, transmit, words):
    poller = start_poller("--tx", transmit)
    assert f"answers by {words}" in poller.output()
    site.make_file("file", 20 << 20)
    client.fetch(network, site, ["file"], address)
    client.upload(network, site, site.root / "file", "file", address)
    expect_by_af_xdp(network)
    queue = stats(network)["queues"][0]
    assert queue["transmit"] == ("socket" if transmit == "socket" else "af-xdp")
    sent, not_sent = ("socket", "af_xdp") if transmit == "socket" else ("af_xdp", "socket")
    assert queue[sent]["sent_bytes"] > 20 << 20
    assert queue[not_sent]["sent_datagrams"] == 0
    assert f"answers by {words}" in quicrx(network, "stats", "s0").stdout


def sent_by(network, way):
    return stats(network)["queues"][0][way]["sent_bytes"]


@pytest.mark.af_xdp
@pytest.mark.parametrize("address", ["10.9.0.77", "fd09::77"], ids=["ipv4", "ipv6"])
@pytest.mark.parametrize("transmit", ["socket", "auto"])
def test_an_address_comes_and_goes(network, site, start_poller, address, transmit):
    """What the kernel would not send leaves by AF_XDP, also where any address may be bound (as keepalived has it)."""
    for version in ("ipv4", "ipv6"):
        network.run(network.server, "sysctl", "-w", f"net.{version}.ip_nonlocal_bind=1")
    network.run(network.client, "ip", "neigh", "replace", address, "lladdr", network.server_mac(), "dev", "c0")
    start_poller("--tx", transmit)
    size = 1 << 20
    site.make_file("file", size)
    client.fetch(network, site, ["file"], address)
    assert sent_by(network, "af_xdp") > size and sent_by(network, "socket") == 0
    client.fetch(network, site, ["file"])
    assert sent_by(network, "socket") > size, "its own address"

    def is_answered_by(way):
        before = sent_by(network, way)
        client.fetch(network, site, ["file"], address)
        return sent_by(network, way) > before + size

    change = lambda how: network.run(network.server, "ip", "addr", how, address, "dev", "s0",
                                     *(["nodad"] if ":" in address and how == "add" else []))
    change("add")
    wait_for(lambda: is_answered_by("socket"), "the new address is not noticed", 15)
    change("del")
    time.sleep(FRESH)
    assert is_answered_by("af_xdp"), "that it is gone is not noticed"
    expect_by_af_xdp(network)


def test_200_connections_in_a_row(network, site, poller):
    site.make_file("small", 5000)
    for _ in range(200):
        client.fetch(network, site, ["small"])
    connections = stats(network)["queues"][0]["quic"]["connections"]
    assert connections["accepted"] == 200
    assert connections["handshakes_completed"] == 200
    assert connections["active"] == 0


def test_50_connections_at_once(network, site, poller):
    names = [f"file{i}" for i in range(50)]
    for name in names:
        site.make_file(name, 300_000)
    with concurrent.futures.ThreadPoolExecutor(max_workers=50) as pool:
        for done in [pool.submit(client.fetch, network, site, [name]) for name in names]:
            done.result()
    assert stats(network)["queues"][0]["quic"]["connections"]["accepted"] == 50


def test_many_files_on_one_connection(network, site, poller):
    names = [f"file{i}" for i in range(90)]
    for i, name in enumerate(names):
        site.make_file(name, i * 1000)
    client.fetch(network, site, names)


@pytest.mark.af_xdp
def test_few_frames_are_enough(network, site, start_poller):
    """With 64 frames each way transmit runs dry again and again; receive goes on, and every frame comes back."""
    start_poller("--frames", "128", "--tx", "xdp")
    site.make_file("big", 20 << 20)
    client.fetch(network, site, ["big"])
    client.upload(network, site, site.root / "big", "big")
    pools = stats(network)["queues"][0]["frames"]
    assert pools["receive"]["size"] == 64 and pools["transmit"]["size"] == 64


@pytest.mark.af_xdp
def test_busy_polling(network, site, start_poller):
    start_poller("--busy-poll", "50")
    site.make_file("big", 20 << 20)
    client.fetch(network, site, ["big"])
    client.upload(network, site, site.root / "big", "big")
    assert stats(network)["queues"][0]["poller"]["busy_poll_microseconds"] == 50


@pytest.mark.af_xdp
def test_huge_pages(network, site, start_poller):
    """Used where some are free, and said either way."""
    setting = "/proc/sys/vm/nr_hugepages"
    with open(setting, encoding="ascii") as file:
        before = file.read()
    with open(setting, "w", encoding="ascii") as file:
        file.write("16")
    try:
        poller = start_poller()
        assert "on huge pages" in poller.output()
        assert stats(network)["queues"][0]["poller"]["huge_pages"]
        site.make_file("file", 5 << 20)
        client.fetch(network, site, ["file"])
        poller.stop()
    finally:
        with open(setting, "w", encoding="ascii") as file:
            file.write(before)
    if int(before) == 0:
        assert "normal (no huge pages free)" in start_poller().output()


@pytest.mark.af_xdp
def test_generic_mode(network, site, start_poller):
    quicrx(network, "load", "s0", "--port", "4433", "--mode", "generic")
    start_poller()
    site.make_file("file", 5 << 20)
    client.fetch(network, site, ["file"])
    assert stats(network)["program"]["mode"] == "generic"
    expect_by_af_xdp(network)


@pytest.mark.af_xdp
def test_every_steered_port_is_served(network, site, start_poller):
    """What is steered to a poller must not be lost there."""
    quicrx(network, "load", "s0", "--port", "4000-5000")
    poller = start_poller()
    site.make_file("file", 1 << 20)
    assert "steers more ports" in poller.output()
    for port in (4000, 4433, 5000):
        network.run(network.client, "gtlsclient", "-q", "--exit-on-all-streams-close", "--timeout=5s",
                    f"--download={site.downloads}", V4_SERVER, str(port), "https://localhost/file")
        site.expect_same(site.root / "file", site.downloads / "file")
    expect_by_af_xdp(network)


def test_link_local_addresses(network, poller):
    """By the rings, and by the kernel's socket, which wants to know the interface. (gtlsclient cannot do this.)"""
    address = re.search(r"inet6 (fe80::\S+)/64", network.run(network.server, "ip", "addr", "show", "s0").stdout)[1]
    network.run(network.client, "sh", "-c", "while ip addr show c0 | grep -q tentative; do sleep 0.1; done")
    ask_for_version = ["/usr/bin/python3", "-c", f"""
import socket
s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
s.settimeout(5)
s.sendto(bytes.fromhex("c0babababa08010203040506070800").ljust(1200, b"\\0"),
         ("{address}", {PORT}, 0, socket.if_nametoindex("c0")))
assert s.recv(2000)[1:5] == bytes(4)"""]
    network.run(network.client, *ask_for_version)
    if by_af_xdp():
        quicrx(network, "unload", "s0")
    network.run(network.client, *ask_for_version)
    queue = stats(network)["queues"][0]
    assert queue["af_xdp"]["received_datagrams"] == (1 if by_af_xdp() else 0)
    assert queue["af_xdp"]["received_datagrams"] + queue["socket"]["received_datagrams"] == 2
    assert by_any_port(network, "sent_datagrams") == [2]


@pytest.mark.plain
def test_files_larger_than_memory(network, site, start_poller):
    """Down and up, several times what the poller may take at the most."""
    limit_mib, size_mib = 192, 600
    poller = start_poller(prefix=["prlimit", f"--data={limit_mib << 20}"])
    site.make_sparse_file("large", size_mib << 20)
    client.fetch(network, site, ["large"], seconds=120)
    client.upload(network, site, site.root / "large", "large", seconds=120)
    with open(f"/proc/{poller.process.pid}/status", encoding="ascii") as file:
        peak_kib = int(re.search(r"VmHWM:\s+(\d+) kB", file.read())[1])
    assert peak_kib < limit_mib << 10


@pytest.mark.af_xdp
def test_the_socket_serves_what_the_kernel_is_passed(network, site, poller):
    """The XDP program is gone, the poller is not: the UDP socket that reserves the port serves."""
    quicrx(network, "unload", "s0")
    site.make_file("file", 5 << 20)
    for address in (V4_SERVER, V6_SERVER):
        client.fetch(network, site, ["file"], address)
        client.upload(network, site, site.root / "file", "file", address)
    queue = stats(network)["queues"][0]
    assert queue["socket"]["received_datagrams"] > 0
    assert queue["af_xdp"]["received_datagrams"] == 0
