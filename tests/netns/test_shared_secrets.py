# SPDX-License-Identifier: MIT
"""What one worker gave away, another knows: Retry, tokens, tickets, stateless resets."""

import shutil
import time

import pytest

import client
from network import V4_SERVER
from poller import by_af_xdp, each, expect_rest, stats, wait_for
from recorder import Recorder
from spread import EVERY_PACKET, expect_spread, handoffs, spread

QUEUES = 2


@pytest.fixture
def small(site):
    site.make_file("small", 20_000)
    return "small"


def connections(network, name):
    return each(network, "quic", "connections", name)


def answers(network, *names):
    """Of both workers."""
    return tuple(sum(each(network, "quic", "answers", name)) for name in names)


def test_the_answer_to_a_retry(network, site, small, start_poller):
    """It comes to the other queue than the Retry left by; and so does every second packet after it."""
    start_poller("--retry", "always")
    spread(network, EVERY_PACKET)
    client.fetch(network, site, [small])
    assert answers(network, "retries_sent", "retry_tokens_accepted", "tokens_refused") == (1, 1, 0)
    assert sum(connections(network, "accepted")) == sum(connections(network, "handshakes_completed")) == 1
    assert sum(handoffs(network)[0]) > 0 or not by_af_xdp()


def test_a_token_of_the_other_worker(network, site, small, start_poller, tmp_path):
    """It spares the Retry, and does so once, whichever workers are asked."""
    start_poller("--retry", "always")
    spread(network)
    token = tmp_path / "token"
    client.fetch(network, site, [small], options=[f"--token-file={token}"])
    spare = shutil.copy(token, tmp_path / "spare")
    client.fetch(network, site, [small], options=[f"--token-file={token}"])
    expect_spread(connections(network, "accepted"), [1, 1])
    assert answers(network, "retries_sent", "tokens_accepted", "tokens_refused") == (1, 1, 0)
    client.fetch(network, site, [small], options=[f"--token-file={spare}"])
    expect_spread(connections(network, "accepted"), [1, 2])
    assert answers(network, "retries_sent", "tokens_accepted", "tokens_refused") == (2, 1, 1), "used again"


def test_a_ticket_of_the_other_worker(network, site, small, poller, tmp_path):
    """The request is in its 0-RTT data."""
    spread(network)
    for _ in range(2):
        client.come_back(network, site, small, tmp_path)
    expect_spread(connections(network, "accepted"), [1, 1])
    assert sum(connections(network, "handshakes_resumed")) == 1
    assert sum(connections(network, "early_data_accepted")) == 1


def test_early_data_replayed_to_the_other_worker(network, site, small, poller, tmp_path):
    """The handshake begins; the request, which the first worker has answered, is not read again."""
    spread(network)
    client.come_back(network, site, small, tmp_path)
    recorder = Recorder(network)
    client.come_back(network, site, small, tmp_path)
    wait_for(lambda: sum(connections(network, "draining")) == 0, "a connection still drains")
    expect_spread(connections(network, "early_data_accepted"), [1, 0])
    expect_spread(connections(network, "accepted"), [1, 1])
    before = each(network, "quic", "streams", "opened")
    recorder.replay()
    wait_for(lambda: sum(connections(network, "accepted")) > 2, "no third connection came")
    time.sleep(0.2)
    assert each(network, "quic", "streams", "opened") == before, "and opened no stream"


def test_killed_and_started_again(network, site, small, start_poller, secret_file):
    """Clients of either worker learn at once that their connections are gone, and both queues are served again."""
    options = ("--secret-file", str(secret_file))
    big = site.make_sparse_file("big", 1 << 30)
    poller = start_poller(*options)
    spread(network)
    uploads = [network.start(network.client, *client.command(V4_SERVER, [f"https://localhost/upload/big{number}"], "-q",
                                                             "--http-method=PUT", f"--data={big}"))
               for number in range(2)]
    wait_for(lambda: sum(each(network, "quic", "connections", "active")) == 2 and
             min(received for received, active in zip(each(network, "quic", "streams", "bytes_received"),
                                                      each(network, "quic", "connections", "active")) if active)
             > 1_000_000, "the uploads do not come")
    poller.kill()
    second = start_poller(*options)
    for upload in uploads:
        upload.wait(timeout=10)  # sooner than its idle time-out of 20 s
    assert answers(network, "stateless_resets_sent")[0] >= 2
    for _ in range(2):
        client.fetch(network, site, [small])
    expect_spread(connections(network, "accepted"), [1, 1])
    expect_rest(network)
    second.stop()
    if by_af_xdp():
        assert stats(network)["program"] is None, "the last poller unloads what the killed one loaded"
