# SPDX-License-Identifier: MIT
"""libquicrx as somebody else has it: installed, found by pkg-config, with nothing else of ours (tests/consumer)."""

import os
import pathlib
import re
import subprocess
import time

import pytest

import client
from network import V4_SERVER, sh
from poller import BUILD, PORT, stats, wait_for

CONSUMER = pathlib.Path(__file__).resolve().parents[1] / "consumer"
PAYLOAD = bytes(range(250))

pytestmark = [pytest.mark.plain, pytest.mark.af_xdp]  # once is enough: it opens ports of all kinds itself


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """What `meson install` puts there, in a folder of the test's."""
    place = tmp_path_factory.mktemp("installed")
    sh("meson", "install", "-C", str(BUILD), "--no-rebuild", "--destdir", str(place))
    prefix = place / "usr" / "local"
    for found in place.rglob("quicrx*.pc"):
        found.write_text(re.sub("^prefix=.*$", f"prefix={prefix}", found.read_text(), flags=re.MULTILINE))
    return prefix


@pytest.fixture(scope="module")
def headers(installed):
    return sorted(header.name for header in (installed / "include" / "quicrx").glob("*.h"))


def built(installed, folder, option):
    """The consumer's programs."""
    pkgconfig = os.fspath(next(installed.rglob("quicrx.pc")).parent)
    environment = {**os.environ, "PKG_CONFIG_PATH": pkgconfig}
    sh("meson", "setup", str(folder), str(CONSUMER), option, env=environment)
    sh("ninja", "-C", str(folder))
    return folder


@pytest.fixture(scope="module")
def consumer(installed, headers, tmp_path_factory):
    """Against the shared library, and with each header compiled alone."""
    return built(installed, tmp_path_factory.mktemp("consumer"), f"-Dheaders={','.join(headers)}")


def library_path(installed):
    return f"LD_LIBRARY_PATH={next(installed.rglob('libquicrx.so')).parent}"


def test_headers_are_all_installed(headers):
    source = CONSUMER.parents[1] / "include" / "quicrx"
    assert headers == sorted([path.name for path in source.glob("*.h")] + ["version.h"])


def test_headers_bring_no_other_librarys(installed, headers):
    """A consumer needs no header of libbpf, libxdp, ngtcp2, GnuTLS: none is read when all of ours are."""
    every = "".join(f'#include "quicrx/{header}"\n' for header in headers)
    read = sh("c++", "-std=c++20", f"-I{installed}/include", "-M", "-x", "c++", "-", input=every).stdout.split()
    ours = [path for path in read if "/quicrx/" in path]
    assert len(ours) >= len(headers)
    foreign = ("bpf", "xdp/", "ngtcp2", "nghttp3", "gnutls", "liburing", "spdlog", "fmt/", "nlohmann")
    assert not [path for path in read if path not in ours and any(f"/{name}" in path for name in foreign)]


def test_shows_only_what_headers_declare(installed, headers):
    library = next(installed.rglob("libquicrx.so"))
    declared = "".join((installed / "include" / "quicrx" / header).read_text() for header in headers)
    shown = sh("nm", "-DC", "--defined-only", str(library)).stdout.splitlines()
    names = [line.split(" ", 2)[2] for line in shown]
    assert len(names) > 20
    for name in names:
        assert name.startswith("quicrx::"), name
        last = re.sub(r"\(.*|\[abi.*", "", name).removeprefix("quicrx::")
        assert all(re.search(rf"\b{re.escape(part.lstrip('~'))}", declared) for part in last.split("::")), name


def test_needs_no_other_package_to_compile_and_link(installed):
    """Where nothing else can be found, as on a machine without the others' development packages."""
    alone = {**os.environ, "PKG_CONFIG_LIBDIR": os.fspath(next(installed.rglob("quicrx.pc")).parent)}
    words = sh("pkg-config", "--cflags", "--libs", "quicrx", env=alone).stdout.split()
    assert words[-1] == "-lquicrx" and f"-I{installed}/include" in words


def test_static_library(installed, tmp_path):
    """libquicrx.a, and what it needs of others shared, as docs/library.md says it."""
    environment = {**os.environ, "PKG_CONFIG_PATH": os.fspath(next(installed.rglob("quicrx.pc")).parent)}
    words = sh("pkg-config", "--cflags", "--libs", "quicrx-static", env=environment).stdout.split()
    program = tmp_path / "own_pools"
    sh("c++", "-std=c++20", str(CONSUMER / "own_pools.cpp"), str(CONSUMER / "stack_pool.cpp"), *words, "-o", str(program))
    libraries = sh("ldd", str(program)).stdout
    assert "libquicrx" not in libraries and "libngtcp2" in libraries
    assert subprocess.run([program], check=False).returncode == 2, "it runs as far as its usage"


def send_datagrams(network, count):
    """Small and not QUIC, from the client."""
    sender = (f"import socket, time\n"
              f"s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
              f"for i in range({count}):\n"
              f"    s.sendto(bytes(range(250)), ('{V4_SERVER}', {PORT}))\n"
              f"    if i % 16 == 15: time.sleep(0.001)\n")
    network.run(network.client, "/usr/bin/python3", "-c", sender)


@pytest.mark.parametrize("io", ["af-xdp", "socket", "io_uring"])
def test_holds_datagrams_in_another_thread(network, installed, consumer, io):
    """More than any pool has frames: each comes back although another thread lets it go, in any order."""
    count = 5000
    place = "s0" if io == "af-xdp" else V4_SERVER
    program = network.start(network.server, "env", library_path(installed), str(consumer / "hold_frames"), io, place,
                            str(PORT), str(count), stdout=subprocess.PIPE)
    assert program.stdout.readline() == "ready\n"
    for _ in range(40):  # UDP loses what nobody had time for
        send_datagrams(network, 500)
        if program.poll() is not None:
            break
    out, _ = program.communicate(timeout=20)
    assert program.returncode == 0
    assert out == (f"held {count} datagrams of {count * len(PAYLOAD)} bytes, "
                   f"sum {count * sum(PAYLOAD)}, refused 0\n"
                   f"the port counts {count}\n")


def test_raw_port_shows_in_stats_and_leaves_nothing(network, installed, consumer):
    program = network.start(network.server, "env", library_path(installed), str(consumer / "hold_frames"), "af-xdp",
                            "s0", str(PORT), "10", stdout=subprocess.PIPE)
    assert program.stdout.readline() == "ready\n"
    send_datagrams(network, 5)
    received = lambda: stats(network)["queues"][0]["af_xdp"]["received_datagrams"]
    wait_for(lambda: received() == 5, "no datagrams")
    assert stats(network)["queues"][0]["frames"]["receive"]["held"] == 5, "they are kept"
    send_datagrams(network, 5)
    assert program.wait(timeout=20) == 0
    assert stats(network)["program"] is None and not stats(network)["queues"]


def test_raw_port_reserves_and_refuses(network, installed, consumer):
    """Others see that the UDP port is taken, also another of ours; and it does not take long to be told."""
    words = ("env", library_path(installed), str(consumer / "hold_frames"), "af-xdp", "s0", str(PORT), "1")
    program = network.start(network.server, *words, stdout=subprocess.PIPE)
    assert program.stdout.readline() == "ready\n"
    begin = time.monotonic()
    second = network.run(network.server, *words, check=False)
    assert second.returncode == 1 and "taken by another socket" in second.stderr
    assert time.monotonic() - begin < 3
    send_datagrams(network, 1)
    assert program.wait(timeout=20) == 0
    missing = network.run(network.server, *words[:4], "nosuch0", *words[5:], check=False)
    assert missing.returncode == 1 and "no such interface" in missing.stderr


@pytest.mark.parametrize("io", ["af-xdp", "socket", "io_uring"])
def test_server_with_pools_of_its_own(network, site, installed, consumer, io):
    site.make_file("file", 3_000_000)
    place = "s0" if io == "af-xdp" else V4_SERVER
    program = network.start(network.server, "env", library_path(installed), str(consumer / "own_pools"), io, place,
                            str(PORT), str(site.certificate), str(site.key), str(site.root),
                            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert program.stdout.readline() == "ready\n"
    for _ in range(3):
        client.fetch(network, site, ["file"])
    out, _ = program.communicate(timeout=20)
    assert program.returncode == 0
    did = re.fullmatch(r"3 connections, (\d+) bytes sent\n(\d+) pools, 0 frames out\n", out)
    assert did and int(did[1]) > 9_000_000, out
