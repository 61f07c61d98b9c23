# SPDX-License-Identifier: MIT
"""The load generator says what it did: the server has seen the same."""

import contextlib

import pytest

import load_generator
from load_generator import Held, load
from poller import stats, wait_for
from servers import QUICRX


@pytest.fixture
def server(wire, site):
    site.make_file("1", 1)
    site.make_file("65536", 65536)
    with load_generator.served_by(wire, site, QUICRX) as started:
        yield started


def connections(wire):
    return stats(wire, wire.server_device)["queues"][0]["quic"]["connections"]


def test_each_handshake_is_a_connection_that_is_closed(wire, server):
    told = load(wire, "handshakes", "--path", "/1", "--count", 30, "--parallel", 4)
    assert (told["completed"], told["failed"]) == (30, 0) and told["seconds"] > 0
    seen = connections(wire)
    assert seen["accepted"] == seen["handshakes_completed"] == 30
    # A close has an answer; none waits for the idle timeout, which is ten minutes here.
    wait_for(lambda: connections(wire)["active"] == 0, "connections are still open", 5)


def test_latency_is_of_one_connection(wire, server):
    told = load(wire, "latency", "--path", "/1", "--count", 50, "--rate", 500)
    assert (told["answers"], told["failed"]) == (50, 0)
    assert 0 < told["p50_ns"] <= told["p99_ns"] <= told["p99.9_ns"] <= told["max_ns"] < 5e9
    assert connections(wire)["handshakes_completed"] == 1


def test_what_is_held_stays_open_and_works_when_told(wire, server):
    with contextlib.closing(Held(wire, 40, "--path", "/1", "--active", 10, "--parallel", 4)) as held:
        assert connections(wire)["active"] == 40
        assert held.get(100, "/1")["completed"] == 100
        assert held.get(10, "/65536", at_once=10)["completed"] == 10
        assert connections(wire)["active"] == connections(wire)["handshakes_completed"] == 40
    wait_for(lambda: connections(wire)["active"] == 0, "connections are still open", 5)


def test_held_connections_keep_to_a_rate(wire, server):
    with contextlib.closing(Held(wire, 5, "--path", "/1", "--active", 5, "--rate", 100)) as held:
        assert held.get(50, "/1", at_once=5)["seconds"] >= 0.48


@pytest.mark.parametrize("mode", ["handshakes", "latency"])
def test_an_answer_that_is_no_success_is_a_failure(wire, server, mode):
    with pytest.raises(AssertionError, match='"failed":3'):
        load(wire, mode, "--path", "/nothing", "--count", 3)


def test_work_that_fails_is_told(wire, server):
    with contextlib.closing(Held(wire, 2, "--path", "/1", "--active", 2)) as held:
        with pytest.raises(AssertionError, match="'failed': 4"):
            held.get(4, "/nothing")


def test_a_server_that_is_gone_is_noticed(wire, site):
    site.make_file("1", 1)
    with load_generator.served_by(wire, site, QUICRX) as server:
        held = Held(wire, 3, "--path", "/1", "--active", 3)
        server.stop()
        with pytest.raises(AssertionError, match="'lost': 3"):
            held.get(3, "/1")
        held.close()
