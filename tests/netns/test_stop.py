# SPDX-License-Identifier: MIT
"""How a poller stops: requests under way end first, for as long as --drain says."""

import signal
import time

import client


def test_requests_under_way_end_first(network, site, start_poller):
    poller = start_poller("--drain", "60")
    site.make_sparse_file("file", 500 << 20)
    download = client.Fetch(network, site, "file")
    poller.signal(signal.SIGTERM)
    time.sleep(0.2)
    assert poller.process.poll() is None, "still serving"
    late = client.talk(network, "/file")
    assert "CONNECTION_REFUSED" in late or "(0x2)" in late, late[-500:]
    download.finish()
    assert poller.process.wait(timeout=10) == 0


def test_the_limit_is_kept(network, site, start_poller):
    poller = start_poller("--drain", "1")
    site.make_sparse_file("file", 2000 << 20)
    download = client.Fetch(network, site, "file")
    download.process.send_signal(signal.SIGSTOP)
    poller.signal(signal.SIGTERM)
    began = time.monotonic()
    assert poller.process.wait(timeout=10) == 0
    assert 0.9 <= time.monotonic() - began <= 5
    download.process.kill()
    download.process.wait()


def test_told_twice_it_stops_at_once(network, site, start_poller):
    poller = start_poller("--drain", "60")
    site.make_sparse_file("file", 2000 << 20)
    download = client.Fetch(network, site, "file")
    download.process.send_signal(signal.SIGSTOP)
    poller.signal(signal.SIGTERM)
    time.sleep(0.3)
    assert poller.process.poll() is None
    poller.signal(signal.SIGTERM)
    assert poller.process.wait(timeout=5) == 0
    download.process.kill()
    download.process.wait()
