# SPDX-License-Identifier: MIT
"""Which queue of the server's the client's packets come in by (tests/bpf/spread.bpf.c)."""

from poller import BUILD, by_af_xdp, each, expect_rest

# New flows to one address alternate between two queues, and stay: so a client that moves comes to the other queue.
BY_FLOW = "by_flow"
# Flows begin so, but keep changing queue with the same address.
EVERY_64_PACKETS, EVERY_PACKET = "every_64_packets", "every_packet"


def spread(network, how=BY_FLOW):
    """From now on, and with no memory of flows that were. Among sockets the kernel spreads flows, by a hash that
    nobody knows: each stays where it was."""
    if not by_af_xdp():
        return
    network.run(network.client, "tc", "qdisc", "replace", "dev", "c0", "clsact")
    network.run(network.client, "tc", "filter", "replace", "dev", "c0", "egress", "protocol", "all", "prio", "1",
                "handle", "1", "bpf", "direct-action", "obj", str(BUILD / "tests" / "spread.bpf.o"), "sec", f"tc/{how}")


def expect_spread(counts, wanted):
    """By queues it is known which worker gets what; by sockets, how much all get."""
    assert counts == wanted if by_af_xdp() else sum(counts) == sum(wanted)


def handoffs(network):
    """Datagrams handed over by each queue's worker, and taken over, when all is at rest."""
    expect_rest(network)
    out, taken = each(network, "handoff", "out"), each(network, "handoff", "in")
    assert sum(out) == sum(taken), "what is handed over is taken"
    for wakeups, handed, buckets, timed in zip(each(network, "handoff", "wakeups"), out,
                                               each(network, "handoff", "latency"), taken):
        assert wakeups <= handed, "at most one wake-up a datagram"
        assert sum(bucket["count"] for bucket in buckets) == timed, "each is timed"
    return out, taken
