# SPDX-License-Identifier: MIT
"""The command line: what it says, how it exits, and that an error leaves nothing behind."""

import json
import os
import time

import pytest

import client
from network import Network, sh
from poller import PORT, QUICRX, quicrx, stats

pytestmark = pytest.mark.af_xdp

USAGE, PERMISSION, NOT_FOUND, BUSY, UNSUPPORTED = 2, 3, 4, 5, 6


# What `auto` comes to here: this build has the library, and the CPU AES-NI.
HAS_IPSEC_MB = ("libIPSec_MB" in sh("ldd", QUICRX).stdout
                and {"aes", "pclmulqdq", "sse4_2"} <= set(open("/proc/cpuinfo", encoding="ascii").read().split()))


def run_options(site, **changes):
    options = {"--port": str(PORT), "--cert": str(site.certificate), "--key": str(site.key), "--root": str(site.root)}
    options.update({f"--{name.replace('_', '-')}": str(value) for name, value in changes.items()})
    return ["run", "s0", "--io", "af-xdp", *(word for pair in options.items() for word in pair)]


@pytest.fixture
def network():
    made = Network(queues=2)
    made.run(made.server, "ethtool", "-L", "s0", "rx", "1", "tx", "1")
    made.run(made.client, "ethtool", "-L", "c0", "rx", "1", "tx", "1")
    yield made
    quicrx(made, "unload", "s0", check=False)
    made.close()


def expect_refused(network, arguments, status, *words, prefix=()):
    """One line, the right exit status, and nothing left behind."""
    done = network.run(network.server, *prefix, QUICRX, *arguments, check=False, timeout=30)
    assert done.returncode == status, done.stderr
    assert done.stderr.count("\n") == 1, done.stderr
    for word in words:
        assert word in done.stderr, done.stderr
    expect_nothing_left(network)


def expect_nothing_left(network):
    assert "xdp" not in network.run(network.server, "ip", "link", "show", "s0").stdout
    namespace = network.run(network.server, "stat", "-Lc", "%i", "/proc/self/ns/net").stdout.strip()
    for folder in ("/sys/fs/bpf/quicrx/", "/run/quicrx/"):
        assert not os.path.exists(folder + namespace)


def test_help_and_version():
    top = sh(QUICRX, "--help").stdout
    for command in ("load", "unload", "run", "stats"):
        assert command in top
        assert "--help" in sh(QUICRX, command, "--help").stdout
    assert "Exit status" in top
    version = sh(QUICRX, "--version").stdout
    for library in ("quicrx 0.", "ngtcp2", "nghttp3", "GnuTLS", "libbpf", "libxdp"):
        assert library in version


@pytest.mark.parametrize("arguments", [
    [], ["fly"], ["run", "s0", "--port", "443", "--cert", "c", "--key", "k", "--io", "netmap"], ["load"], ["load", "s0"], ["load", "s0", "--port", "0"], ["load", "s0", "--port", "70000"],
    ["load", "s0", "--port", "20-10"], ["load", "s0", "--port", "443", "--address", "example.org"],
    ["load", "s0", "--port", "443", "--address", "10.0.0.1/24"], ["load", "s0", "--port", "443", "--mode", "fast"],
    ["load", "s0", "--port", "443", "--colour"], ["run", "s0"], ["stats", "s0", "s1"],
    ["run", "s0", "--port", "443", "--cert", "c", "--key", "k", "--bind", "always"],
    ["run", "s0", "--port", "443-445", "--cert", "c", "--key", "k"]])
def test_wrong_words(network, arguments):
    expect_refused(network, arguments, USAGE, "quicrx: ")


def test_no_such_interface(network, site):
    for arguments in (["load", "s9", "--port", "443"], ["unload", "s9"], ["stats", "s9"],
                      run_options(site)[:1] + ["s9"] + run_options(site)[2:]):
        expect_refused(network, arguments, NOT_FOUND, "s9: no such interface", "ip link")


def test_not_root(network, site):
    powerless = ["setpriv", "--bounding-set", "-all", "--inh-caps", "-all"]
    for arguments in (["load", "s0", "--port", "443"], ["unload", "s0"], ["stats"], run_options(site)):
        expect_refused(network, arguments, PERMISSION, "CAP_NET_ADMIN", "run as root", prefix=powerless)


def test_one_capability_missing(network):
    for capability in ("net_raw", "net_admin", "sys_admin"):
        expect_refused(network, ["load", "s0", "--port", "443"], PERMISSION, f"CAP_{capability.upper()}",
                       prefix=["setpriv", "--bounding-set", f"-{capability}", "--inh-caps", "-all"])


def test_three_capabilities_are_enough(network):
    powers = ["setpriv", "--bounding-set", "-all,+net_raw,+net_admin,+sys_admin", "--inh-caps", "-all"]
    for arguments in (["load", "s0", "--port", "443"], ["stats", "s0"], ["unload", "s0"]):
        network.run(network.server, *powers, QUICRX, *arguments)
    expect_nothing_left(network)


def test_no_bpffs(network):
    expect_refused(network, ["load", "s0", "--port", "443"], UNSUPPORTED, "mount -t bpf bpf /sys/fs/bpf",
                   prefix=["unshare", "--mount", "sh", "-c", 'umount -l /sys/fs/bpf && exec "$@"', "sh"])


def test_kernel_too_old(network):
    expect_refused(network, ["load", "s0", "--port", "443"], UNSUPPORTED, "Linux 2.6", "too old", "5.15",
                   prefix=["setarch", "--uname-2.6"])


def test_mode_that_the_driver_lacks(network):
    expect_refused(network, ["load", "lo", "--port", "443", "--mode", "native"], UNSUPPORTED, "native XDP",
                   "--mode generic")
    told = network.run(network.server, QUICRX, "load", "lo", "--port", "443")
    assert "fell back to generic mode: lo" in told.stderr
    loaded = json.loads(quicrx(network, "stats", "lo", "--json").stdout)
    assert loaded["interfaces"][0]["program"]["mode"] == "generic", "auto falls back"
    quicrx(network, "unload", "lo")


def test_port_taken(network, site):
    other = network.start(network.server, "/usr/bin/python3", "-c", f"""
import socket, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("0.0.0.0", {PORT}))
time.sleep(60)""")
    time.sleep(0.5)
    expect_refused(network, run_options(site), BUSY, f"UDP port 0.0.0.0:{PORT}", "taken", "ss -ulpn")
    other.kill()
    other.wait()


def test_certificate_and_key(network, site):
    _, other_key = site.make_certificate("other")
    rubbish = site.folder / "rubbish.pem"
    rubbish.write_text("rubbish\n", encoding="ascii")
    expect_refused(network, run_options(site, cert="/nowhere.pem"), NOT_FOUND, "certificate /nowhere.pem")
    expect_refused(network, run_options(site, key="/nowhere.pem"), NOT_FOUND, "key /nowhere.pem")
    expect_refused(network, run_options(site, cert=rubbish), USAGE, "rubbish.pem", "PEM")
    expect_refused(network, run_options(site, key=other_key), USAGE, "does not match key")


def test_folders(network, site):
    expect_refused(network, run_options(site, root="/nowhere"), NOT_FOUND, "--root", "/nowhere")
    expect_refused(network, run_options(site, upload_dir=site.certificate), NOT_FOUND, "--upload-dir")


def test_no_such_queue(network, site):
    """There is one, of two that are possible."""
    for words in ("7", "0,7", "1"):
        expect_refused(network, run_options(site, queues=words), NOT_FOUND, f"there is no queue {words[-1]}",
                       "ethtool -l s0")


@pytest.mark.parametrize("words", ["", "x", "-1", "1-0", "0,,1", "0,0"])
def test_queues_that_are_no_list(network, site, words):
    expect_refused(network, run_options(site, queues=words), USAGE, "--queues")


@pytest.mark.parametrize("words", ["", "x", "-1", "9999", "0,9999"])
def test_cpus_that_are_not_there(network, site, words):
    expect_refused(network, run_options(site, cpu=words), USAGE, "--cpu")


def test_one_interface_of_two_is_missing(network, site):
    """The other is left as it was."""
    words = run_options(site)
    for interfaces in (["s0", "s9"], ["s9", "s0"]):
        expect_refused(network, [words[0], *interfaces, *words[2:]], NOT_FOUND, "s9: no such interface")


def test_an_interface_twice(network, site):
    words = run_options(site)
    expect_refused(network, [words[0], "s0", "s0", *words[2:]], USAGE, "s0")


def test_queue_without_transmit(network, site):
    network.run(network.server, "ethtool", "-L", "s0", "rx", "2", "tx", "1")
    expect_refused(network, run_options(site, queues=1), UNSUPPORTED, "nothing could be sent", "ethtool -L s0")


def test_frames_out_of_range(network, site):
    expect_refused(network, run_options(site, frames=127), USAGE, "--frames")
    expect_refused(network, run_options(site, frames=1 << 30), USAGE, "--frames")


def test_memory_lock_limit(network, site):
    expect_refused(network, run_options(site), PERMISSION, "memory-lock limit", "ulimit -l", "CAP_IPC_LOCK",
                   prefix=["prlimit", "--memlock=65536:65536", "setpriv", "--bounding-set", "-ipc_lock",
                           "--inh-caps", "-all"])


def test_zero_copy_where_there_is_none(network, site):
    expect_refused(network, run_options(site, bind="zero-copy"), UNSUPPORTED, "no zero copy", "--bind copy")


def test_mtu_beyond_a_frame(network, site):
    """A tap device has native XDP, and none for packets of several buffers."""
    network.run(network.server, "ip", "tuntap", "add", "t0", "mode", "tap")
    network.run(network.server, "ip", "link", "set", "t0", "mtu", "9000", "up")
    words = ["t0" if word == "s0" else word for word in run_options(site)]
    expect_refused(network, words, UNSUPPORTED, "MTU 9000", "driver tun", "ip link set t0 mtu 3814")


def test_loaded_for_another_port(network, site):
    quicrx(network, "load", "s0", "--port", "80,443-500")
    done = network.run(network.server, QUICRX, *run_options(site), check=False)
    assert done.returncode == USAGE and "other ports" in done.stderr
    assert stats(network)["program"]["ports"] == [{"first": 80, "last": 80}, {"first": 443, "last": 500}]


def test_loading_twice_is_refused(network):
    quicrx(network, "load", "s0", "--port", "443")
    again = quicrx(network, "load", "s0", "--port", "444", check=False)
    assert again.returncode == BUSY and "quicrx unload s0" in again.stderr
    assert stats(network)["program"]["ports"] == [{"first": 443, "last": 443}]
    quicrx(network, "unload", "s0")
    expect_refused(network, ["unload", "s0"], NOT_FOUND, "not loaded")


def test_load_run_and_stats_are_separate(network, site, start_poller):
    """What `load` loaded stays when the poller ends."""
    quicrx(network, "load", "s0", "--port", "4000-5000", "--address", "10.9.0.0/24", "--address", "fd09::/64")
    poller = start_poller()
    site.make_file("file", 10_000)
    client.fetch(network, site, ["file"])
    poller.stop()
    now = stats(network)
    assert now["program"]["ports"] == [{"first": 4000, "last": 5000}]
    assert not now["program"]["any_address"]
    assert now["xdp"]["redirected"] > 0
    assert now["queues"] == []


def test_stats_as_text(network, site, poller):
    site.make_file("file", 10_000)
    client.fetch(network, site, ["file"])
    for arguments in (["stats"], ["stats", "s0"]):
        text = quicrx(network, *arguments).stdout
        for part in ("s0 (veth)", "native mode", "ports 4433", "queue 0: UDP port 4433, copy mode"):
            assert part in text
        rows = {tuple(line.split()) for line in text.splitlines()}
        for row in (("queue", "0"), ("process", str(poller.process.pid)), ("poller", "alive"), ("mode", "copy"),
                    ("handshakes_completed", "1")):
            assert row in rows
        for label in ("redirected", "received_datagrams", "bytes_sent"):
            assert any(row[0] == label and int(row[1]) > 0 for row in rows if len(row) == 2)
    assert "on no interface" in sh(QUICRX, "stats").stdout, "of this namespace, not of that one"


@pytest.mark.parametrize("library", ["auto", "gnutls", "ipsec-mb"])
def test_what_protects_packets_can_be_chosen(network, site, start_poller, library):
    if library == "ipsec-mb" and not HAS_IPSEC_MB:
        expect_refused(network, run_options(site, aead=library), UNSUPPORTED, "--aead: ipsec-mb")
        return
    poller = start_poller("--aead", library)
    site.make_file("file", 100_000)
    client.fetch(network, site, ["file"])
    expected = {"gnutls": "gnutls", "ipsec-mb": "ipsec-mb", "auto": "ipsec-mb" if HAS_IPSEC_MB else "gnutls"}[library]
    assert stats(network)["queues"][0]["aead"] == expected
    assert f"packets protected by {expected}\n" in quicrx(network, "stats").stdout
    assert "packets are protected by " + ("GnuTLS" if expected == "gnutls" else "ipsec-mb (") in poller.output()


def test_what_protects_packets_must_be_known(network, site):
    expect_refused(network, run_options(site, aead="openssl"), USAGE, "--aead")


def test_stats_names_are_a_contract(network, poller):
    """docs/operations.md lists these."""
    now = stats(network)
    assert set(now) == {"name", "driver", "program", "xdp", "queues"}
    queue = now["queues"][0]
    assert set(queue) == {"queue", "io", "transmit", "aead", "worker", "poller", "frames", "af_xdp", "socket", "quic",
                          "handoff", "xsk"}
    assert set(queue["worker"]) == {"number", "thread", "cpu"}
    assert [set(bucket) for bucket in queue["handoff"]["latency"]] == [{"below_us", "count"}] * 22
    assert set(queue["quic"]) == {"connections", "streams", "budgets", "answers", "drops"}
    assert set(queue["xsk"]) == {"statistics", "rings"}
    documented = (os.path.join(os.path.dirname(__file__), "..", "..", "docs", "operations.md"))
    with open(documented, encoding="utf-8") as file:
        text = file.read()
    sets = [now["xdp"], queue["worker"], queue["af_xdp"], *queue["quic"].values(), queue["frames"]["receive"],
            queue["handoff"], queue["handoff"]["latency"][0]]
    names = [name for one in sets for name in one]
    missing = [name for name in names if f"`{name}`" not in text]
    assert not missing


def test_verbose_logs_each_connection(network, site, start_poller):
    poller = start_poller("--verbose")
    site.make_file("file", 10_000)
    client.fetch(network, site, ["file"])
    limit = time.monotonic() + 5
    while "connection from 10.9.0.2:" not in poller.output() and time.monotonic() < limit:
        time.sleep(0.05)
    assert "smoothed RTT" in poller.output()
