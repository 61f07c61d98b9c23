# SPDX-License-Identifier: MIT
"""What happens when things go wrong: killed, hung, flooded, stalled, shared."""

import signal
import subprocess
import threading
import time

import pytest

import client
from network import V4_SERVER
from poller import BUILD, PORT, by_af_xdp, expect_rest, quicrx, stats

ECHO_PORT = 5353
ECHO = f"""
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("{V4_SERVER}", {ECHO_PORT}))
while True:
    data, peer = s.recvfrom(2000)
    s.sendto(data, peer)
"""
# Asks every 20 ms and says how many of its questions were answered.
ASK = f"""
import socket, sys, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(1)
asked = answered = 0
end = time.monotonic() + float(sys.argv[1])
while time.monotonic() < end:
    asked += 1
    s.sendto(b"%d" % asked, ("{V4_SERVER}", {ECHO_PORT}))
    try:
        answered += s.recv(2000) == b"%d" % asked
    except TimeoutError:
        pass
    time.sleep(0.02)
print(asked, answered)
"""
SEND = """
import os, random, socket, sys, time
address, port, seconds, kind = sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), sys.argv[4]
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
end = time.monotonic() + seconds
sent = 0
while time.monotonic() < end:
    if kind == "random":
        data = os.urandom(random.randint(0, 1400))
    else:  # a short header packet to nobody's connection
        data = b"\\x40" + os.urandom(60)
    s.sendto(data, (address, port))
    sent += 1
    if sent % 20 == 0:
        time.sleep(0.001)
print(sent)
"""


def python(network, name, code, *arguments):
    return network.start(name, "/usr/bin/python3", "-c", code, *arguments, stdout=subprocess.PIPE)


def send(network, kind, seconds=0.2):
    """Datagrams to the QUIC port; how many."""
    process = python(network, network.client, SEND, V4_SERVER, str(PORT), str(seconds), kind)
    return int(process.communicate(timeout=60)[0])


@pytest.mark.af_xdp
def test_killed_under_traffic(network, site, start_poller):
    """No poller, no black hole; and a new one works at once."""
    site.make_file("endless", 400 << 20)
    site.make_file("file", 1 << 20)
    poller = start_poller()
    echo = python(network, network.server, ECHO)
    time.sleep(0.3)
    ask = python(network, network.client, ASK, "4")
    ping = network.start(network.client, "ping", "-i", "0.05", "-c", "60", "-W", "1", V4_SERVER, stdout=subprocess.PIPE)
    transfer = network.start(network.client, *client.command(V4_SERVER, ["https://localhost/endless"], "-q"))
    time.sleep(0.5)
    assert stats(network)["queues"][0]["quic"]["connections"]["active"] == 1
    poller.kill()

    # The kernel gets the port's packets: nobody listens there, so it answers that the port is closed.
    before = stats(network)
    assert before["program"] is not None, "the program stays when its poller is killed"
    assert not before["queues"][0]["poller"]["alive"]
    with_socket = python(network, network.server, ECHO.replace(str(ECHO_PORT), str(PORT)))
    time.sleep(0.3)
    probe = network.run(network.client, "/usr/bin/python3", "-c", f"""
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(5)
s.sendto(b"\\x40" + b"x" * 60, ("{V4_SERVER}", {PORT}))
print(len(s.recv(2000)))""")
    assert probe.stdout.strip() == "61", "a UDP socket on the QUIC port receives what XDP passes"
    with_socket.kill()
    with_socket.wait()
    assert stats(network)["xdp"]["pass_no_socket"] > before["xdp"]["pass_no_socket"]
    transfer.kill()
    transfer.wait()

    start_poller()
    client.fetch(network, site, ["file"])
    pools = expect_rest(network)[0]
    assert pools["receive"]["size"] + pools["transmit"]["size"] == 8192
    pinged = ping.communicate(timeout=60)[0]
    assert " 0% packet loss" in pinged, pinged
    asked, answered = map(int, ask.communicate(timeout=60)[0].split())
    assert asked > 100 and asked == answered, "a UDP service on another port never stops"
    echo.kill()
    echo.wait()


def test_killed_again_and_again(network, site, start_poller):
    """EBUSY after a crash, and programs left attached, were others' bugs."""
    site.make_file("file", 100_000)
    programs = set()
    for _ in range(5):
        poller = start_poller()
        client.fetch(network, site, ["file"])
        if by_af_xdp():
            programs.add(stats(network)["program"]["id"])
        poller.kill()
    assert len(programs) == (1 if by_af_xdp() else 0), "what was left is used again, without disturbing the interface"
    poller = start_poller()
    client.fetch(network, site, ["file"])
    expect_rest(network)
    poller.stop()
    if by_af_xdp():
        assert stats(network)["program"] is None, "the last poller unloads what a killed one loaded"


@pytest.mark.af_xdp
def test_killed_again_and_again_under_a_loaded_program(network, site, start_poller):
    """The kernel frees a dead socket's queue late: a restart must wait for it, not fail."""
    quicrx(network, "load", "s0", "--port", str(PORT))
    site.make_file("file", 100_000)
    for _ in range(12):
        start_poller().kill()
    start_poller()
    client.fetch(network, site, ["file"])


def test_pollers_that_end_and_start_at_once(network, site, start_poller):
    """One that ends does not unload what the next is about to use."""
    site.make_file("file", 10_000)
    poller = start_poller()
    for _ in range(10):
        poller.signal(signal.SIGTERM)
        following = start_poller(ready=False)
        while "ready:" not in following.output():
            if following.process.poll() is not None:
                assert "another quicrx poller serves it" in following.output() or "is taken" in following.output()
                following = start_poller(ready=False)
            time.sleep(0.005)
        poller = following
    client.fetch(network, site, ["file"])
    way = "af_xdp" if by_af_xdp() else "socket"
    assert stats(network)["queues"][0][way]["received_datagrams"] > 0, "by the rings, not by the kernel's sockets"


def test_second_poller_of_a_queue_is_refused(network, site, poller, start_poller):
    second = start_poller(ready=False)
    assert second.process.wait(timeout=20) == 5
    assert f"another quicrx poller serves it (pid {poller.process.pid})" in second.output()
    site.make_file("file", 100_000)
    client.fetch(network, site, ["file"])
    assert (stats(network)["program"] is not None) == by_af_xdp()


@pytest.mark.af_xdp
def test_statistics_of_a_hung_poller(network, site, poller):
    site.make_file("file", 1 << 20)
    client.fetch(network, site, ["file"])
    poller.signal(signal.SIGSTOP)
    sent = send(network, "short")
    queue = stats(network)["queues"][0]
    assert queue["poller"]["alive"]
    assert queue["xsk"]["rings"]["receive"] == min(sent, 2048), "the ring's level is read past the poller"
    assert queue["xsk"]["rings"]["fill"] == 4096 - queue["xsk"]["rings"]["receive"]
    while queue["xsk"]["statistics"]["rx_ring_full"] == 0:
        send(network, "short")
        queue = stats(network)["queues"][0]
    assert queue["xsk"]["rings"]["receive"] == 2048, "a full ring is not shown as empty"
    poller.signal(signal.SIGCONT)
    client.fetch(network, site, ["file"])


def test_one_packet_then_silence_then_one_packet(network, site, start_poller):
    """A missed wake-up stalls for seconds."""
    poller = start_poller(*(["--frames", "128"] if by_af_xdp() else []))
    site.make_file("small", 10)
    for _ in range(4):
        time.sleep(1)
        started = time.monotonic()
        client.fetch(network, site, ["small"])
        assert time.monotonic() - started < 1
    # More than all receive frames while it cannot refill: the empty fill ring must not stay empty.
    poller.signal(signal.SIGSTOP)
    send(network, "short")
    if by_af_xdp():
        assert stats(network)["queues"][0]["xsk"]["rings"]["fill"] == 0
    poller.signal(signal.SIGCONT)
    time.sleep(0.5)
    started = time.monotonic()
    client.fetch(network, site, ["small"])
    assert time.monotonic() - started < 1


def test_random_bytes_while_a_transfer_runs(network, site, poller):
    site.make_file("big", 100 << 20)
    flood = python(network, network.client, SEND, V4_SERVER, str(PORT), "5", "random")
    transfers = 0
    while flood.poll() is None:
        client.fetch(network, site, ["big"])
        client.upload(network, site, site.root / "big", "big")
        transfers += 1
    assert transfers > 0
    assert int(flood.communicate()[0]) > 10_000
    now = stats(network)
    if not by_af_xdp():
        assert now["queues"][0]["quic"]["drops"]["malformed"] > 0
        return
    dropped = now["xdp"]["drop_not_quic"]
    assert dropped > 0
    assert dropped == sum(value for name, value in now["xdp"].items() if name.startswith("bad_"))


ODD_DATAGRAMS = f"""
import socket, struct
def ones(data):
    total = sum(struct.unpack(f"!{{len(data) // 2}}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff or 0xffff
source, target = (socket.inet_pton(socket.AF_INET6, text) for text in ("fd09::2", "fd09::1"))
udp = struct.pack("!HHHH", 5000, {PORT}, 8, 0)
udp = udp[:6] + struct.pack("!H", ones(source + target + struct.pack("!II", 8, 17) + udp))
s = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_RAW)
# An empty datagram in an atomic fragment: XDP passes every fragment, so the kernel's socket gets it.
s.sendto(struct.pack("!IHBB", 6 << 28, 16, 44, 64) + source + target + struct.pack("!BBHI", 17, 0, 0, 7) + udp,
         ("fd09::1", 0))
"""


def test_an_empty_datagram_by_way_of_the_kernel(network, site, poller):
    """ngtcp2 asserts that a datagram is not empty; what the XDP program passes must not reach that."""
    network.run(network.client, "/usr/bin/python3", "-c", ODD_DATAGRAMS)
    network.run(network.server, "/usr/bin/python3", "-c", f"""
import socket
socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"", ("127.0.0.1", {PORT}))
socket.socket(socket.AF_INET6, socket.SOCK_DGRAM).sendto(b"", ("::1", {PORT}))""")
    time.sleep(0.2)
    assert stats(network)["queues"][0]["socket"]["drop_bad_frame"] == 3
    site.make_file("file", 1000)
    client.fetch(network, site, ["file"])


@pytest.mark.af_xdp
def test_what_is_not_quic_can_pass_to_the_kernel(network, site, start_poller):
    quicrx(network, "load", "s0", "--port", str(PORT), "--pass-invalid")
    network.run(network.client, "/usr/bin/python3", "-c", f"""
import socket
socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"not QUIC", ("{V4_SERVER}", {PORT}))""")
    time.sleep(0.1)
    xdp = stats(network)["xdp"]
    assert xdp["pass_not_quic"] == 1 and xdp["drop_not_quic"] == 0 and xdp["bad_short_header"] == 1


@pytest.mark.af_xdp
def test_a_foreign_program_stays(network, site, start_poller):
    network.run(network.server, "ip", "link", "set", "s0", "xdpdrv", "obj", str(BUILD / "tests" / "foreign.bpf.o"),
                "sec", "xdp")
    before = network.run(network.server, "ip", "link", "show", "s0").stdout
    assert "xdp" in before
    refused = quicrx(network, "load", "s0", "--port", str(PORT), check=False)
    assert refused.returncode == 5 and "another XDP program is attached" in refused.stderr
    poller = start_poller(ready=False)
    assert poller.process.wait(timeout=20) == 5
    assert quicrx(network, "unload", "s0", check=False).returncode == 4
    assert network.run(network.server, "ip", "link", "show", "s0").stdout == before
    network.run(network.server, "ip", "link", "set", "s0", "xdpdrv", "off")


@pytest.mark.af_xdp
def test_a_program_whose_pins_are_gone_is_replaced(network, site, start_poller):
    quicrx(network, "load", "s0", "--port", str(PORT))
    first = stats(network)["program"]["id"]
    network.run(network.server, "sh", "-c", 'rm -r "/sys/fs/bpf/quicrx/$(stat -Lc %i /proc/self/ns/net)"')
    quicrx(network, "load", "s0", "--port", str(PORT))
    assert stats(network)["program"]["id"] != first
    start_poller()
    site.make_file("file", 1000)
    client.fetch(network, site, ["file"])


@pytest.mark.af_xdp
def test_what_a_killed_poller_left_for_another_port_is_replaced(network, site, start_poller):
    start_poller().kill()
    poller = start_poller("--port", "4434", ready=False)
    poller.wait_ready()
    assert stats(network)["program"]["ports"] == [{"first": 4434, "last": 4434}]


@pytest.mark.af_xdp
def test_the_mac_address_changes_between_pollers(network, site, start_poller):
    start_poller().kill()
    network.run(network.server, "ip", "link", "set", "s0", "address", "02:00:00:00:00:77")
    network.run(network.client, "ip", "neigh", "flush", "dev", "c0")
    start_poller()
    site.make_file("file", 1000)
    client.fetch(network, site, ["file"])
    assert stats(network)["queues"][0]["af_xdp"]["received_datagrams"] > 0
    assert stats(network)["xdp"]["pass_other_station"] == 0


@pytest.mark.af_xdp
def test_pins_whose_program_is_gone_are_replaced(network, site, start_poller):
    quicrx(network, "load", "s0", "--port", "1-100")
    network.run(network.server, "ip", "link", "set", "s0", "xdpdrv", "off")
    assert stats(network)["program"] is None
    start_poller()
    site.make_file("file", 1000)
    client.fetch(network, site, ["file"])


def test_interface_goes_down_and_up(network, site, poller):
    site.make_file("file", 1 << 20)
    client.fetch(network, site, ["file"])
    network.run(network.server, "ip", "link", "set", "s0", "down")
    time.sleep(0.2)
    network.run(network.server, "ip", "link", "set", "s0", "up")
    network.run(network.client, "ping", "-c", "1", "-W", "5", V4_SERVER)
    client.fetch(network, site, ["file"])


def start_upload(network, site):
    """An upload under way: its temporary file is there."""
    upload = network.start(network.client, *client.command(V4_SERVER, ["https://localhost/upload/half"], "-q",
                                                           "--http-method=PUT", f"--data={site.root / 'endless'}"))
    limit = time.monotonic() + 10
    while not list(site.uploads.iterdir()) and time.monotonic() < limit:
        time.sleep(0.01)
    assert len(list(site.uploads.iterdir())) == 1
    return upload


def test_stopping_closes_connections_and_leaves_no_half_file(network, site, start_poller):
    site.make_sparse_file("endless", 4000 << 20)
    poller = start_poller("--drain", "1")
    download = network.start(network.client, *client.command(V4_SERVER, ["https://localhost/endless"], "--no-http-dump",
                                                             "--no-quic-dump"),
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    upload = start_upload(network, site)
    threading.Timer(0.1, poller.signal, [signal.SIGTERM]).start()
    text = download.communicate(timeout=30)[0]
    assert poller.process.wait(timeout=20) == 0
    assert "CONNECTION_CLOSE(0x1d) error_code=(unknown)(0x100)" in text, "closed with H3_NO_ERROR"
    upload.wait(timeout=30)
    assert list(site.uploads.iterdir()) == []
    leftovers = network.run(network.server, "sh", "-c", """n=$(stat -Lc %i /proc/self/ns/net)
        ls -d /sys/fs/bpf/quicrx/$n /run/quicrx/$n /tmp/quicrx-65534/$n 2>/dev/null""", check=False).stdout
    assert leftovers == ""


def test_a_killed_poller_leaves_no_half_file_for_long(network, site, start_poller):
    site.make_sparse_file("endless", 4000 << 20)
    poller = start_poller()
    upload = start_upload(network, site)
    poller.kill()
    upload.kill()
    upload.wait()
    assert not (site.uploads / "half").exists()
    assert len(list(site.uploads.iterdir())) == 1, "the temporary file of the upload"
    start_poller()
    assert list(site.uploads.iterdir()) == []


@pytest.mark.af_xdp
@pytest.mark.parametrize("command", ["load", "run"])
def test_loading_twenty_times(network, site, start_poller, command):
    for _ in range(20):
        if command == "run":
            start_poller().stop()
        else:
            quicrx(network, "load", "s0", "--port", str(PORT))
            quicrx(network, "unload", "s0")
    assert stats(network)["program"] is None
