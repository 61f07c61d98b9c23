# SPDX-License-Identifier: MIT
"""Row 4: what it costs a server to take and to give files, by one connection and by a hundred."""

import concurrent.futures
import contextlib

import client
import network as net
from measured import Comparison, Measured
from servers import CADDY, GTLSSERVER, GTLSSERVER_SINGLY, QUICRX, STARTS, upload_of
from wire import CLIENT_CPU, NicLikeWire, Wire, on_cpu

PACKET = 1400  # bytes of data in a packet, about, and the same for all
AT_ONCE = 10  # client processes of many connections
TOTALS = {1: 128 << 20, 100: 256 << 20}  # bytes by connections, which need more for their handshakes not to count for much
SMALL = 100  # bytes

WAY = {"upload": "rx", "download": "tx"}  # at the server

NIC_LIKE, PLAIN = "NIC-like wire", "veth with segments"
WIRES = {NIC_LIKE: NicLikeWire, PLAIN: Wire}

# By wire and direction: who is measured, and quicrx's targets against them.
CELLS = {
    (NIC_LIKE, "upload"): {GTLSSERVER: 0.60, CADDY: 0.40},
    (NIC_LIKE, "download"): {GTLSSERVER_SINGLY: 0.60, GTLSSERVER: 0.85, CADDY: 0.50},
    (PLAIN, "download"): {GTLSSERVER: 0.85},
}


def data_of(site, size):
    """What is uploaded: a file."""
    path = site.folder / f"upload-{size}"
    if not path.exists():
        path.write_bytes(upload_of(size))
    return path


def by_gtlsclient(wire, site, direction, connections, size):
    """Runs that many connections to their end, each with a file of `size` bytes; a process each, AT_ONCE at a time."""
    options = ["-q"] + ([] if direction == "download" else ["--http-method=PUT", f"--data={data_of(site, size)}"])
    path = f"{'upload/' if direction == 'upload' else ''}{size}"
    command = on_cpu(CLIENT_CPU, *client.command(net.V4_SERVER, [f"https://localhost/{path}"], *options))
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        for done in [pool.submit(wire.run, wire.client, *command, timeout=120) for _ in range(connections)]:
            done.result()


def cost(wire, site, subject, direction, connections, size):
    """Nanoseconds of the server's CPU for each PACKET bytes."""
    def carried():
        return wire.carried()[WAY[direction]]["bytes"]

    server = STARTS[subject](wire, site)
    try:
        by_gtlsclient(wire, site, direction, 1, SMALL)  # what only the first connection costs
        before = carried()
        spent = wire.cost(server.pid, lambda: by_gtlsclient(wire, site, direction, connections, size))
        # gtlsclient exits with 0 whatever became of the connection.
        assert carried() - before >= connections * size, f"{subject}: the {direction} did not come whole"
    finally:
        server.stop()
    return spent / (connections * size / PACKET) * 1e9


def measure_on(kind, run):
    site, cells = run.site, []
    with contextlib.closing(WIRES[kind]()) as wire:
        for (on, direction), targets in CELLS.items():
            if on != kind:
                continue
            for connections, total in TOTALS.items():
                size = ((2 << 20) if run.quick else total) // connections
                if not (site.root / str(size)).exists():
                    site.make_file(str(size), size)
                    data_of(site, size)
                samples = {subject: [] for subject in (QUICRX, *targets)}
                for number in range(run.rounds):
                    for subject, results in samples.items():
                        run.progress(f"row 4: {direction}, {connections} on {kind}, {subject}, round {number + 1}")
                        results.append(cost(wire, site, subject, direction, connections, size))
                plural = "connection" if connections == 1 else "connections"
                cells.append(Measured(4, "T", f"{direction}, {connections} {plural}, {kind}", "ns a packet", samples,
                                      [Comparison(QUICRX, peer, target) for peer, target in targets.items()]))
    return cells


def measure(run):
    run.site.make_file(str(SMALL), SMALL)
    return [cell for kind in WIRES for cell in measure_on(kind, run)]
