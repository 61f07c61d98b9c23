# SPDX-License-Identifier: MIT
"""How a poller stops: requests under way at any worker end first, for as long as --drain says."""

import signal
import time

import pytest

import client
from poller import by_af_xdp, each
from spread import spread

QUEUES = 2


@pytest.fixture
def downloads(network, site):
    """Starts one on each queue, halted in the middle."""
    started = []

    def start():
        spread(network)
        for name in ("one", "two"):
            site.make_sparse_file(name, 150 << 20)
        started.extend(client.start_halted(network, site, ["one", "two"]))
        return started

    yield start
    for download in started:
        download.kill()


def test_requests_under_way_end_first(network, site, start_poller, downloads):
    poller = start_poller("--drain", "60")
    started = downloads()
    poller.signal(signal.SIGTERM)
    time.sleep(0.3)
    assert poller.process.poll() is None, "still serving"
    for _ in range(2):
        late = client.talk(network, "/one")
        assert "CONNECTION_REFUSED" in late or "(0x2)" in late, late[-500:]
    refused = each(network, "quic", "connections", "refused_stopping")
    assert sum(refused) >= 2 and (min(refused) >= 1 or not by_af_xdp())
    for download in started:
        download.go_on()
    for download in started:
        download.finish()
    poller.expect_end(10)


def test_the_end_of_one_worker_is_not_the_end_of_the_other(network, site, start_poller, downloads):
    poller = start_poller("--drain", "60")
    first, *others = downloads()
    poller.signal(signal.SIGTERM)
    first.go_on()
    first.finish()
    time.sleep(0.3)
    assert poller.process.poll() is None, "still serving"
    for other in others:
        other.go_on()
    for other in others:
        other.finish()
    poller.expect_end(10)


def test_the_limit_is_kept(network, site, start_poller, downloads):
    poller = start_poller("--drain", "1")
    downloads()
    poller.signal(signal.SIGTERM)
    began = time.monotonic()
    poller.expect_end(10)
    assert 0.9 <= time.monotonic() - began <= 5


def test_told_twice_it_stops_at_once(network, site, start_poller, downloads):
    poller = start_poller("--drain", "60")
    downloads()
    poller.signal(signal.SIGTERM)
    time.sleep(0.3)
    assert poller.process.poll() is None
    poller.signal(signal.SIGTERM)
    poller.expect_end(5)
