# SPDX-License-Identifier: MIT
"""A server process's CPU, and a transfer of gtlsclient's to spend it on."""

import pathlib

import client
import network as net

BYTES = 100 << 20
DATA_PACKETS = BYTES / 1400  # as many as carry the data


def cpu(pid):
    """Seconds of all threads."""
    return sum(int(task.read_text(encoding="ascii").split()[0]) for task in
               pathlib.Path(f"/proc/{pid}/task").glob("*/schedstat")) / 1e9


def transfer(network, site, what):
    name = "data"
    uri = f"https://localhost/{name}" if what == "download" else f"https://localhost/upload/{name}"
    options = ["-q"] + ([] if what == "download" else ["--http-method=PUT", f"--data={site.root / name}"])
    network.run(network.client, *client.command(net.V4_SERVER, [uri], *options), timeout=120)
