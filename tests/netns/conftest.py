# SPDX-License-Identifier: MIT
import pytest

import network as net
from fixtures import poller, site, start_poller  # noqa: F401
from poller import quicrx


@pytest.fixture(scope="session", autouse=True)
def machine():
    net.ensure_bpffs()
    net.remove_leftovers()


@pytest.fixture
def network():
    made = net.Network()
    yield made
    quicrx(made, "unload", "s0", check=False)
    made.close()
