# SPDX-License-Identifier: MIT
"""Connections whose packets come to the other queue: they are handed over to the worker that has the connection."""

import concurrent.futures

import pytest

import client
from network import V4_SERVER, V6_SERVER
from poller import PORT, by_af_xdp, by_any_port, each, expect_by_rings, expect_rest, stats
from spread import EVERY_64_PACKETS, handoffs, spread

QUEUES = 2
MOVE = "--change-local-addr=20ms"
VALIDATED = ("quic", "connections", "paths_validated")


def accepted(network):
    return each(network, "quic", "connections", "accepted")


def expect_handed_over(network):
    """The one connection changed queue and not its worker, and was answered from there. By sockets: or not even queue."""
    assert sum(accepted(network)) == 1
    owner = accepted(network).index(1)
    other = 1 - owner
    assert accepted(network)[other] == 0
    out, taken = handoffs(network)
    assert out[other] == taken[owner]
    assert out[other] > 0 or not by_af_xdp(), "no hand-off took place"
    assert out[owner] == taken[other] == 0
    assert by_any_port(network, "sent_datagrams")[other] == 0, "answers leave by the owner's queue"
    expect_by_rings(network)


@pytest.mark.parametrize("address", [V4_SERVER, V6_SERVER], ids=["ipv4", "ipv6"])
@pytest.mark.parametrize("what", ["download", "upload", "upload, rebinding"])
def test_a_client_that_moves(network, site, poller, address, what):
    """In the middle of it. Who only receives and is rebound in silence can be found by no server: by an upload, which is
    long enough for a challenge that is lost to be repeated after a second."""
    spread(network)
    file = site.make_file("file", (200 if "rebinding" in what else 50) << 20)
    if what == "download":
        client.fetch(network, site, ["file"], address, options=[MOVE])
    else:
        client.upload(network, site, file, "file", address,
                      options=[MOVE, *(["--nat-rebinding"] if "rebinding" in what else [])])
    assert sum(each(network, *VALIDATED)) >= 1
    expect_handed_over(network)


@pytest.mark.plain  # 5 GB
def test_100_clients_that_move(network, site, poller):
    """In the middle of 50 MiB, down and, rebound in silence, up. Four at a time, each of which has an address of the
    server's for itself, so that its flows take turns."""
    addresses = [f"10.9.0.{last}" for last in range(11, 15)]
    for address in addresses:
        network.run(network.server, "ip", "addr", "add", f"{address}/24", "dev", "s0")
        site.make_file(address, 50 << 20)
    spread(network)

    # Over sockets fewer, for the time that it takes; there it is no matter of which queue is whose.
    rounds = 25 if by_af_xdp() else 9

    def move_again_and_again(address):
        for number in range(rounds):
            if number % 2 == 0:
                client.fetch(network, site, [address], address, options=[MOVE])
            else:
                client.upload(network, site, site.root / address, address, address, options=[MOVE, "--nat-rebinding"])

    with concurrent.futures.ThreadPoolExecutor(max_workers=len(addresses)) as pool:
        for done in [pool.submit(move_again_and_again, address) for address in addresses]:
            done.result()
    out, taken = handoffs(network)
    assert sum(accepted(network)) == 4 * rounds
    if by_af_xdp():
        assert accepted(network) == [50, 50], "two addresses are odd, and each client had two flows: all have moved"
    # A challenge that is lost (four clients outrun a worker) is repeated after a second, when its client may be through.
    assert sum(each(network, *VALIDATED)) >= 3.6 * rounds
    # By sockets half of the flows come to the worker that has them anyway.
    least = 100 if by_af_xdp() else 5
    assert min(out) >= least and min(taken) >= least, "at the least a probe of each and what followed it"
    active = sum(each(network, "quic", "connections", "active"))
    # A socket's buffer is short beside a ring: a close that is lost there is not sent again.
    lost = sum(each(network, "socket", "drop_socket_full"))
    assert active == 0 or (not by_af_xdp() and active <= lost and active < 10), stats(network)
    expect_by_rings(network)


@pytest.mark.af_xdp
def test_a_flow_that_changes_queue(network, site, poller):
    """With the address that it always had: as when a NIC's table of queues is changed."""
    spread(network, EVERY_64_PACKETS)
    file = site.make_file("file", 50 << 20)
    client.fetch(network, site, ["file"])
    client.upload(network, site, file, "file")
    assert accepted(network) == [1, 1]
    out, taken = handoffs(network)
    assert min(out) > 100 and min(taken) > 100
    assert each(network, *VALIDATED) == [0, 0], "no path is new"
    expect_by_rings(network)


@pytest.mark.af_xdp
def test_jumbo_datagrams(network, site, start_poller):
    """Put together by copy where they arrive, and handed over whole."""
    for name, device in ((network.server, "s0"), (network.client, "c0")):
        network.run(name, "ip", "link", "set", device, "mtu", "9000")
    start_poller()
    spread(network, EVERY_64_PACKETS)
    file = site.make_file("file", 20 << 20)
    client.upload(network, site, file, "file", options=["--max-udp-payload-size=8972"])
    assert sum(each(network, "af_xdp", "gathered_datagrams")) >= (20 << 20) / 8972
    out, _ = handoffs(network)
    assert max(out) > 100


@pytest.mark.af_xdp
def test_busy_polling(network, site, start_poller):
    """Who drives his queue himself sees what is handed to him."""
    start_poller("--busy-poll", "50")
    spread(network, EVERY_64_PACKETS)
    file = site.make_file("file", 20 << 20)
    client.fetch(network, site, ["file"])
    client.upload(network, site, file, "file")
    out, taken = handoffs(network)
    assert min(out) > 100 and min(taken) > 100


@pytest.mark.af_xdp
def test_few_frames_are_enough(network, site, start_poller):
    """Half of 64 receive frames' datagrams are another worker's: what it holds does not starve their queue."""
    start_poller("--frames", "128")
    spread(network, EVERY_64_PACKETS)
    file = site.make_file("file", 10 << 20)
    for _ in range(2):  # one connection of each worker
        client.upload(network, site, file, "file")
    client.fetch(network, site, ["file"])
    out, _ = handoffs(network)
    assert min(out) > 100


def test_preferred_address(network, site, start_poller):
    """Its path begins at the other queue."""
    if by_af_xdp():
        start_poller("--preferred-address", f"{V4_SERVER}:{PORT + 1}")
    else:
        network.run(network.server, "ip", "addr", "add", "10.9.0.11/24", "dev", "s0")
        start_poller("--preferred-address", f"10.9.0.11:{PORT}")
    spread(network)
    site.make_file("file", 20 << 20)
    client.fetch(network, site, ["file"])
    assert sum(each(network, *VALIDATED)) >= 1
    if by_af_xdp():
        assert {"first": PORT, "last": PORT + 1} in stats(network)["program"]["ports"]
    expect_handed_over(network)


@pytest.mark.af_xdp
def test_preferred_address_on_another_interface(network, site, start_poller):
    """Its worker hands over what comes there; the owner, whose queue does not lead there, answers by the sockets."""
    other = network.add_second_wire()
    start_poller("--preferred-address", f"{other}:{PORT}", devices=("s0", "s1"))
    spread(network)
    site.make_file("file", 20 << 20)
    client.fetch(network, site, ["file"])
    owner = accepted(network).index(1)
    expect_rest(network, "s1")
    (out,), taken = each(network, "handoff", "out", device="s1"), each(network, "handoff", "in")
    assert out == taken[owner] > 0, "no hand-off took place"
    assert each(network, *VALIDATED)[owner] >= 1
    assert each(network, "socket", "sent_datagrams")[owner] > 1000
    assert sum(each(network, "socket", "received_datagrams")) == 0
