# SPDX-License-Identifier: MIT
"""Handshakes a second of the server's CPU, with and without Retry, alternating, medians. See scripts/bench."""

import statistics

import client
import network as net
import stage
from cpu_time import process_seconds
from poller import Poller, stats

CONNECTIONS = 100
MODES = ("never", "always")


def measure(network, site, mode):
    """CPU seconds of the process for so many connections, each with one small request."""
    poller = Poller(network, site, "--retry", mode).wait_ready()
    command = client.command(net.V4_SERVER, ["https://localhost/small"], "-q")
    before = process_seconds(poller.process.pid)
    network.run(network.client, "sh", "-c", f"for i in $(seq {CONNECTIONS}); do {' '.join(command)}; done", timeout=120)
    spent = process_seconds(poller.process.pid) - before
    queue = stats(network)["queues"][0]["quic"]
    poller.stop()
    assert queue["connections"]["handshakes_completed"] == CONNECTIONS
    assert queue["answers"]["retries_sent"] == (CONNECTIONS if mode == "always" else 0)
    return spent


def main():
    rounds = stage.rounds()
    runs = {mode: [] for mode in MODES}
    with stage.site_in_memory() as site, stage.hosts() as network:
        site.make_file("small", 1)
        for _ in range(rounds):
            for mode in MODES:
                runs[mode].append(measure(network, site, mode))
    print(f"handshakes (P-256 certificate, a GET of one byte, close), {CONNECTIONS} a run, medians of {rounds}")
    for mode in MODES:
        rates = sorted(CONNECTIONS / spent for spent in runs[mode])
        print(f"--retry {mode:8}{statistics.median(rates):8.0f} a CPU-second{rates[0]:8.0f} to {rates[-1]:.0f}")


if __name__ == "__main__":
    main()
