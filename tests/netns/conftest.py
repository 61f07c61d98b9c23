# SPDX-License-Identifier: MIT
import os
import pathlib
import shutil
import tempfile

import pytest

import network as net
import serving
from fixtures import poller, secret_file, site, start_poller  # noqa: F401
from poller import quicrx


def pytest_addoption(parser):
    parser.addoption("--io", choices=("af-xdp", "io_uring", "socket"), default="af-xdp",
                     help="by what the servers serve; all but af-xdp as an unprivileged user")


def pytest_configure(config):
    serving.serve_by(config.getoption("--io"))


def pytest_collection_modifyitems(config, items):
    """What is about AF_XDP alone is not even named where sockets are tested, nor the other way round."""
    others = "sockets" if serving.by_af_xdp() else "af_xdp"
    unfit = [item for item in items if item.get_closest_marker(others)]
    config.hook.pytest_deselected(items=unfit)
    items[:] = [item for item in items if item not in unfit]


@pytest.fixture(scope="session", autouse=True)
def machine():
    net.ensure_bpffs()
    net.remove_leftovers()


@pytest.fixture
def tmp_path(tmp_path):
    """Where the server's user may read and write: pytest's own is closed to all but root."""
    if serving.by_af_xdp():
        yield tmp_path
        return
    folder = pathlib.Path(tempfile.mkdtemp(prefix="quicrx-"))
    os.chown(folder, serving.NOBODY, serving.NOBODY)
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def network(request):
    """With as many queues each way as the test's module says."""
    made = net.Network(getattr(request.module, "QUEUES", 1))
    yield made
    if serving.by_af_xdp():
        quicrx(made, "unload", "s0", check=False)
    made.close()
