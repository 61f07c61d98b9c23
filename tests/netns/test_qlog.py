# SPDX-License-Identifier: MIT
"""`run --qlog-dir`, with an ngtcp2 in which a peer can overflow the stack by it (CVE-2026-40170), and without."""

import json
import os
import re

import pytest

import client
import newer_ngtcp2
import packages
from poller import PORT, QUICRX, quicrx

UNSUPPORTED = 6


def version_of(text):
    return tuple(map(int, re.search(r"ngtcp2 (\d+)\.(\d+)\.(\d+)", text).groups()))


@pytest.mark.af_xdp
def test_refused_with_a_library_that_can_be_overflowed(network, site, tmp_path):
    if version_of(quicrx(network, "--version").stdout) >= (1, 22, 1):
        return  # Debian has mended it: the unit test of the check is left
    done = quicrx(network, "run", "s0", "--port", str(PORT), "--cert", str(site.certificate), "--key", str(site.key),
                  "--qlog-dir", str(tmp_path), check=False)
    assert done.returncode == UNSUPPORTED
    assert "CVE-2026-40170" in done.stderr and done.stderr.count("\n") == 1


@pytest.fixture
def newer(tmp_path):
    """Words before a command that have it run with a newer ngtcp2."""
    try:
        folder = newer_ngtcp2.library_folder()
    except packages.Missing as missing:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(f"no newer ngtcp2: {missing}")
    return ["env", f"LD_LIBRARY_PATH={folder}"]


@pytest.mark.plain
def test_written_with_a_library_that_is_mended(network, site, start_poller, newer, tmp_path):
    """One file a connection, of JSON records (RFC 7464) that name the frames. The engine runs with that library, too."""
    folder = tmp_path / "qlog"
    folder.mkdir()
    folder.chmod(0o777)  # whoever serves
    version = network.run(network.server, *newer, QUICRX, "--version").stdout
    assert version_of(version) >= (1, 22, 1)
    start_poller("--qlog-dir", str(folder), prefix=newer)
    site.make_file("file", 1 << 20)
    for _ in range(2):
        client.fetch(network, site, ["file"])
    logs = list(folder.glob("*.sqlog"))
    assert len(logs) == 2
    for log in logs:
        records = [json.loads(record) for record in log.read_text(encoding="utf-8").split("\x1e")[1:]]
        names = {record.get("name") for record in records}
        assert {"quic:packet_received", "quic:packet_sent"} <= names or {"transport:packet_received",
                                                                         "transport:packet_sent"} <= names, names
