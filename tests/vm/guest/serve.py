# SPDX-License-Identifier: MIT
"""One server of files, for scripts/bench-vm."""

import json
import os
import pathlib
import subprocess
import time

import alone
from network import V4_SERVER, sh
from poller import PORT, QUICRX
from site_files import Site

LOG = pathlib.Path("/tmp/log")


def command(kind, site):
    if kind == "gtlsserver":
        return ["gtlsserver", "-q", "-d", str(site.root), V4_SERVER, str(PORT), str(site.key), str(site.certificate)]
    return [QUICRX, "run", "s0", "--tx", "xdp", "--port", str(PORT), "--cert", str(site.certificate), "--key", str(site.key), "--root",
            str(site.root), "--discard-uploads", "--bind", kind]


def wait_ready(process, kind):
    """gtlsserver does not say when it is."""
    limit = time.monotonic() + 20
    while kind != "gtlsserver" and "ready:" not in LOG.read_text(encoding="utf-8"):
        if process.poll() is not None or time.monotonic() > limit:
            return False
        time.sleep(0.05)
    time.sleep(1)
    return process.poll() is None


def by_sockets(kind):
    """Datagrams that the kernel's UDP stack had, where that is not what is measured."""
    if kind == "gtlsserver":
        return 0
    facts = json.loads(sh(QUICRX, "stats", "s0", "--json").stdout)["interfaces"][0]
    queue = facts["queues"][0]
    assert queue["poller"]["zero_copy"] == (kind == "zero-copy")
    return queue["socket"]["received_datagrams"]


def main():
    kind = os.environ["VM_KIND"]
    alone.set_up()
    folder = pathlib.Path("/tmp/site")
    folder.mkdir()
    site = Site(folder)
    site.make_file("small", 1)
    site.make_file("large", int(os.environ["VM_MIB"]) << 20)
    with open(LOG, "wb") as log:
        process = subprocess.Popen(command(kind, site), stdout=subprocess.DEVNULL, stderr=log)
    alone.answer(lambda: wait_ready(process, kind),
                 {"tell": lambda: alone.figures(process), "sockets": lambda: by_sockets(kind)})
    process.terminate()
    print(LOG.read_text(encoding="utf-8", errors="replace"))


main()
