# SPDX-License-Identifier: MIT
import pytest

from fixtures import poller, site, start_poller  # noqa: F401
from poller import quicrx
from wire import DRIVER, Wire


def pytest_configure(config):
    config.addinivalue_line("markers", "driver(name): what is tested is this driver's, or any driver's and quickest there")


def pytest_collection_modifyitems(config, items):
    def elsewhere(item):
        marker = item.get_closest_marker("driver")
        assert marker is None or marker.args[0] in ("virtio_net", "igb"), marker
        return marker is not None and marker.args[0] != DRIVER

    config.hook.pytest_deselected(items=[item for item in items if elsewhere(item)])
    items[:] = [item for item in items if not elsewhere(item)]


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
