# SPDX-License-Identifier: MIT
"""What the end-to-end tests share, here and in the virtual machine (tests/vm/guest)."""

import pytest

import serving
from poller import Poller, expect_rest
from site_files import Site


@pytest.fixture
def site(tmp_path):
    return Site(tmp_path)


@pytest.fixture
def secret_file(tmp_path):
    path = tmp_path / "secret"
    path.write_text("# made by the test\n" + "5a" * 32 + "\n", encoding="ascii")
    return path


@pytest.fixture
def start_poller(network, site):
    """Starts pollers; at the end each must be at rest, and stop cleanly unless the test stopped or killed it."""
    started = []

    def start(*options, ready=True, **how):
        poller = Poller(network, site, *options, **how)
        started.append(poller)
        return poller.wait_ready() if ready else poller

    yield start
    try:
        alive = [poller for poller in started if poller.process.poll() is None]
        for device in {device for poller in alive for device in poller.devices} if serving.by_af_xdp() else alive[:1]:
            expect_rest(network, device if serving.by_af_xdp() else None)
    finally:
        for poller in started:
            if poller.process.poll() is None:
                poller.stop()


@pytest.fixture
def poller(start_poller):
    return start_poller()
