# SPDX-License-Identifier: MIT
import pytest

from fixtures import poller, site, start_poller  # noqa: F401
from poller import quicrx
from wire import Wire


@pytest.fixture(scope="session")
def wire():
    return Wire()


@pytest.fixture
def network(wire):
    yield wire
    quicrx(wire, "unload", "s0", check=False)
    wire.run(wire.server, "xdp-loader", "unload", "s0", "--all", check=False)


@pytest.fixture(params=["zero-copy", "copy"])
def bind(request):
    return request.param
