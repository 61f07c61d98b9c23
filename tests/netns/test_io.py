# SPDX-License-Identifier: MIT
"""`quicrx run --io`: who may serve by what, what it falls back to and says, and whose statistics are whose."""

import json
import os
import signal
import subprocess

import pytest

import serving
from network import V4_SERVER, V6_SERVER
from poller import PORT, QUICRX, quicrx, stats, wait_for

pytestmark = pytest.mark.af_xdp  # each starts what it is about
USAGE, NOT_FOUND, BUSY = 2, 4, 5


@pytest.fixture
def nobody(network):
    """A user who may do nothing, with the program where that user can run it."""
    user = serving.Sockets("socket")
    yield list(user.program)
    namespace = os.stat(f"/run/netns/{network.server}").st_ino
    assert not os.path.exists(f"/tmp/quicrx-{serving.NOBODY}/{namespace}"), "an empty folder goes with the last server"


@pytest.fixture
def open_site(site, tmp_path):
    """Readable to all: pytest's folders are closed."""
    for folder in (tmp_path, tmp_path.parent, tmp_path.parent.parent):
        folder.chmod(0o711)
    return site


@pytest.fixture
def serve(network, open_site):
    """Starts `quicrx run` with these words, and waits until it serves."""
    started = []

    def start(program, *words, how="socket"):
        log = open_site.folder / f"{how}-{len(started)}.log"
        with open(log, "w", encoding="utf-8") as output:
            process = network.start(network.server, *program, "run", "--cert", str(open_site.certificate), "--key",
                                    str(open_site.key), "--root", str(open_site.root), *words, stderr=output)
        started.append(process)
        wait_for(lambda: "ready:" in log.read_text(encoding="utf-8") or process.poll() is not None, "not ready", 20)
        text = log.read_text(encoding="utf-8")
        assert process.poll() is None, text
        return process, text

    yield start
    for process in started:
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == 0 or process.returncode == -signal.SIGKILL


def fetch(network, site, address=V4_SERVER, namespace=None, port=PORT):
    site.make_file("file", 1 << 20)
    (site.downloads / "file").unlink(missing_ok=True)
    network.run(namespace or network.client, "gtlsclient", "-q", "--exit-on-all-streams-close", "--timeout=10s",
                f"--download={site.downloads}", address, str(port), "https://localhost/file", timeout=60)
    site.expect_same(site.root / "file", site.downloads / "file")


def by_json(network, program, *name):
    return json.loads(network.run(network.server, *program, "stats", *name, "--json").stdout)["interfaces"]


def test_anybody_on_a_laptop(network, open_site, nobody, serve):
    """The line of the README."""
    _, text = serve(nobody, "--io", "socket", "--listen", "127.0.0.1:4433")
    assert "ready: udp:127.0.0.1:4433, by the kernel's sockets" in text
    fetch(network, open_site, "127.0.0.1", network.server)
    with open(os.path.join(os.path.dirname(__file__), "..", "..", "README.md"), encoding="utf-8") as readme:
        assert "quicrx run --io socket --listen 127.0.0.1:4433 --cert" in readme.read()
    shown = network.run(network.server, *nobody, "stats", "udp:127.0.0.1:4433").stdout
    for part in ("udp:127.0.0.1:4433", "UDP port 4433, the kernel's sockets", "handshakes_completed"):
        assert part in shown
    for part in ("XDP", "rings", "queue 0"):
        assert part not in shown
    (server,) = by_json(network, nobody, "udp:127.0.0.1:4433")
    assert server["program"] is None and server["driver"] == ""
    for worker in server["queues"]:
        assert (worker["io"], worker["transmit"], worker["xsk"]) == ("socket", "socket", None)
    assert len(server["queues"]) == len(os.sched_getaffinity(0)), "a worker for each CPU"


@pytest.mark.parametrize("words, why", [
    (["--port", str(PORT)], "no interface was named"),
    (["--listen", f"{V4_SERVER}:{PORT}"], "no interface was named"),
    (["s0", "--listen", f"{V4_SERVER}:{PORT}"], "--listen was given"),
    (["s0", "--port", str(PORT)], "CAP_NET_ADMIN")])
def test_auto_says_why_it_is_sockets(network, open_site, nobody, serve, words, why):
    _, text = serve(nobody, *words)
    (told,) = [line for line in text.splitlines() if "not by AF_XDP" in line]
    assert why in told
    fetch(network, open_site)
    if "--port" in words:
        fetch(network, open_site, V6_SERVER)


def test_auto_takes_af_xdp_where_it_can(network, open_site, serve):
    _, text = serve([QUICRX], "s0", "--port", str(PORT), "--workers", "2")
    assert "XDP in native mode" in text and "--workers" in text
    fetch(network, open_site)
    assert stats(network)["queues"][0]["af_xdp"]["received_datagrams"] > 0


def test_auto_undoes_what_it_had_begun(network, open_site, serve):
    """That the program does not suit turns out when it is loaded: generic XDP takes no jumbo frames."""
    for name, device in ((network.server, "s0"), (network.client, "c0")):
        network.run(name, "ip", "link", "set", device, "mtu", "9000")
    quicrx(network, "load", "s0", "--port", str(PORT), "--mode", "generic")
    _, text = serve([QUICRX], "s0", "--port", str(PORT), "--queues", "0", "--frames", "4096")
    assert "generic XDP does not take packets larger than a frame" in text
    assert "--queues, --frames: of no use to sockets, ignored" in text
    fetch(network, open_site)
    assert stats(network)["queues"] == []
    assert stats(network, f"udp:{PORT}")["queues"][0]["io"] == "socket"


def test_auto_without_bpffs(network, open_site, serve):
    """What the machine lacks is told; what is wrong with the words, missing or taken stays an error."""
    without = ["unshare", "--mount", "sh", "-c", 'umount -l /sys/fs/bpf && exec "$@"', "sh", QUICRX]
    _, text = serve(without, "s0", "--port", str(PORT))
    assert "mount -t bpf bpf /sys/fs/bpf" in text and "ready: udp:4433" in text
    for words, status in ((["s9", "--port", "4434"], NOT_FOUND), (["s0", "--port", "4434", "--queues", "x"], USAGE),
                          (["s0", "--port", str(PORT)], BUSY)):
        done = quicrx(network, "run", *words, "--cert", str(open_site.certificate), "--key", str(open_site.key),
                      check=False, timeout=20)
        assert done.returncode == status, done.stderr
        assert "not by AF_XDP" not in done.stderr


@pytest.mark.parametrize("words, told", [
    (["--port", "1", "--io", "af-xdp"], "wants an interface"),
    (["s0", "--io", "af-xdp", "--listen", "10.9.0.1:1"], "quicrx load --address"),
    (["s0", "--io", "af-xdp", "--port", "1", "--workers", "2"], "--workers"),
    (["s0", "--io", "socket", "--port", "1"], "leave out s0"),
    (["--io", "socket"], "--port is missing"),
    (["--io", "socket", "--port", "1", "--listen", "10.9.0.1:1"], "leave out --port"),
    (["--io", "socket", "--listen", "10.9.0.1"], "has no port"),
    (["--io", "socket", "--listen", "10.9.0.1:1", "--listen", "10.9.0.2:1"], "more than one"),
    (["--io", "socket", "--listen", "224.0.0.1:1"], "no host's address"),
    (["--io", "socket", "--port", "1", "--workers", "0"], "--workers"),
    (["--io", "socket", "--port", "1", "--workers", "2", "--cpu", "0"], "name one for each"),
    (["--io", "socket", "--port", "1", "--preferred-address", "10.9.0.1:2"], "--preferred-address"),
    (["--io", "socket", "--listen", "10.9.0.1:1", "--preferred-address", "10.9.0.2:1"], "--preferred-address"),
    *((["--io", "io_uring", "--port", "1", word, value], word) for word, value in
      (("--queues", "0"), ("--bind", "copy"), ("--frames", "4096"), ("--busy-poll", "1"), ("--tx", "socket")))])
def test_words_that_are_refused(network, open_site, words, told):
    done = quicrx(network, "run", *words, "--cert", str(open_site.certificate), "--key", str(open_site.key), check=False,
                  timeout=20)
    assert done.returncode == USAGE, done.stderr
    assert told in done.stderr and done.stderr.count("\n") == 1


def test_addresses_that_the_machine_has_not(network, open_site, nobody):
    for words, status, told in ((["10.9.0.77:4433"], NOT_FOUND, "no such address"), (["10.9.0.1:443"], 3, "below 1024")):
        done = network.run(network.server, *nobody, "run", "--io", "socket", "--listen", *words, "--cert",
                           str(open_site.certificate), "--key", str(open_site.key), check=False, timeout=20)
        assert done.returncode == status and told in done.stderr, done.stderr


def test_several_servers_at_once(network, open_site, nobody, serve):
    """By their names; each user sees their own. AF_XDP is served beside."""
    serve(nobody, "--io", "socket", "--listen", f"{V4_SERVER}:5001", "--workers", "1")
    serve(nobody, "--io", "socket", "--listen", "127.0.0.1:5001", "--listen", "[::1]:5001", "--workers", "1")
    serve([QUICRX], "--io", "socket", "--port", "5002", "--workers", "1")
    serve([QUICRX], "s0", "--io", "af-xdp", "--port", str(PORT))
    theirs = [f"udp:{V4_SERVER}:5001", "udp:127.0.0.1:5001,[::1]:5001"]
    assert sorted(server["name"] for server in by_json(network, nobody)) == sorted(theirs)
    assert sorted(server["name"] for server in by_json(network, [QUICRX])) == ["s0", "udp:5002"]
    for name, status in ((theirs[0], NOT_FOUND), ("udp:5002", 0)):
        assert quicrx(network, "stats", name, check=False).returncode == status
    for words in (["--listen", f"{V4_SERVER}:5001"], ["--listen", f"{V4_SERVER}:5002"], ["--port", "5001"]):
        done = network.run(network.server, *nobody, "run", "--io", "socket", *words, "--cert", str(open_site.certificate),
                           "--key", str(open_site.key), check=False, timeout=20)
        assert done.returncode == BUSY, done.stderr
    fetch(network, open_site, port=5001)
    fetch(network, open_site, "::1", network.server, port=5001)
    fetch(network, open_site, V6_SERVER, port=5002)
    fetch(network, open_site)


def test_what_a_killed_server_leaves(network, open_site, nobody, serve):
    """Its last figures; the next one takes its place."""
    process, _ = serve(nobody, "--io", "socket", "--port", str(PORT), "--workers", "2")
    fetch(network, open_site)
    process.kill()
    process.wait()
    (server,) = by_json(network, nobody)
    assert [worker["poller"]["alive"] for worker in server["queues"]] == [False, False]
    assert sum(worker["quic"]["connections"]["handshakes_completed"] for worker in server["queues"]) == 1
    assert "is gone" in network.run(network.server, *nobody, "stats", f"udp:{PORT}").stdout
    process, _ = serve(nobody, "--io", "socket", "--port", str(PORT), "--workers", "2")
    (server,) = by_json(network, nobody)
    assert [worker["poller"]["pid"] for worker in server["queues"]] == [process.pid] * 2
    fetch(network, open_site)


def test_a_folder_that_is_anothers(network, open_site, nobody, tmp_path):
    """/tmp is everybody's: what lies there in our name may be a trap. And what the user's session has is better."""
    user = 54321
    place = f"/tmp/quicrx-{user}"
    as_user = [word.replace(str(serving.NOBODY), str(user)) for word in nobody]
    words = ["run", "--io", "socket", "--port", str(PORT), "--workers", "1", "--cert", str(open_site.certificate), "--key",
             str(open_site.key)]
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    os.chown(elsewhere, user, user)
    for trap in (lambda: os.mkdir(place), lambda: os.symlink(elsewhere, place)):
        trap()
        try:
            done = network.run(network.server, "env", "-u", "XDG_RUNTIME_DIR", *as_user, *words, check=False, timeout=20)
            assert done.returncode == 3 and place in done.stderr and "XDG_RUNTIME_DIR" in done.stderr, done.stderr
            process = network.start(network.server, "env", f"XDG_RUNTIME_DIR={elsewhere}", *as_user, *words,
                                    stderr=subprocess.PIPE)
            assert any("ready" in line for line in process.stderr)
            assert os.listdir(elsewhere) == ["quicrx"]
            process.terminate()
            assert process.wait(timeout=20) == 0
            assert os.listdir(elsewhere) == []
        finally:
            (os.unlink if os.path.islink(place) else os.rmdir)(place)
