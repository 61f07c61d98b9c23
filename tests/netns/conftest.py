# SPDX-License-Identifier: MIT
import pytest

import network as net
from fixtures import poller, secret_file, site, start_poller  # noqa: F401
from poller import quicrx


@pytest.fixture(scope="session", autouse=True)
def machine():
    net.ensure_bpffs()
    net.remove_leftovers()


@pytest.fixture
def network(request):
    """With as many queues each way as the test's module says."""
    made = net.Network(getattr(request.module, "QUEUES", 1))
    yield made
    quicrx(made, "unload", "s0", check=False)
    made.close()
