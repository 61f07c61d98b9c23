# SPDX-License-Identifier: MIT
"""What every measurement here is made on: a site in memory, and two hosts on one wire."""

import contextlib
import os
import pathlib
import sys
import tempfile

import network as net
from poller import quicrx
from site_files import Site


def rounds(default=5):
    return int(sys.argv[1]) if len(sys.argv) > 1 else default


@contextlib.contextmanager
def site_in_memory():
    net.ensure_bpffs()
    net.remove_leftovers()
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        os.chmod(folder, 0o755)  # for servers of any user
        yield Site(pathlib.Path(folder))


@contextlib.contextmanager
def hosts(queues=1):
    network = net.Network(queues=queues)
    try:
        yield network
    finally:
        quicrx(network, "unload", "s0", check=False)
        network.close()
