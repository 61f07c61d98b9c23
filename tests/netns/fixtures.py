# SPDX-License-Identifier: MIT
"""What the end-to-end tests share, here and in the virtual machine (tests/vm/guest)."""

import pytest

from poller import Poller, expect_rest
from site_files import Site


@pytest.fixture
def site(tmp_path):
    return Site(tmp_path)


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
        if any(poller.process.poll() is None for poller in started):
            expect_rest(network)
    finally:
        for poller in started:
            if poller.process.poll() is None:
                poller.stop()


@pytest.fixture
def poller(start_poller):
    return start_poller()
