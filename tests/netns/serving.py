# SPDX-License-Identifier: MIT
"""By what the servers of this run of the tests serve (pytest's option --io), and as whom."""

import atexit
import os
import pathlib
import shutil
import tempfile

BUILD = pathlib.Path(os.environ.get("QUICRX_BUILD", pathlib.Path(__file__).resolve().parents[2] / "build"))
QUICRX = str(BUILD / "userspace" / "quicrx")
PORT = 4433
NOBODY = 65534
POWERLESS = ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--bounding-set=-all",
             "--inh-caps=-all")


class AfXdp:
    """An interface by AF_XDP, as root."""
    name = "af-xdp"
    server = "s0"  # for `quicrx stats`
    program = (QUICRX,)

    @staticmethod
    def words(devices, _workers):
        return [*devices, "--io", "af-xdp"]


class Sockets:
    """A UDP port by sockets or io_uring, as a user who may do nothing."""
    server = f"udp:{PORT}"

    def __init__(self, name):
        self.name = name
        # Where that user can run it: a clone may lie in root's home.
        folder = tempfile.mkdtemp(prefix="quicrx-")
        atexit.register(shutil.rmtree, folder)
        os.chmod(folder, 0o755)
        self.program = (*POWERLESS, shutil.copy(QUICRX, folder))

    def words(self, _devices, workers):
        return ["--io", self.name, "--workers", str(workers)]


now = AfXdp()


def serve_by(name):
    global now
    now = AfXdp() if name == "af-xdp" else Sockets(name)


def by_af_xdp():
    return now.name == "af-xdp"
