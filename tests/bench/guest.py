# SPDX-License-Identifier: MIT
"""Rows 1 and 4 and handshakes by ruler V: scripts/bench-vm, which counts the instructions of a whole server machine."""

import json
import pathlib
import subprocess
import tempfile

from measured import Comparison, Measured

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
ZERO_COPY, PEER = "quicrx, zero copy", "gtlsserver, UDP sockets"
TARGETS = {"upload": 0.35, "download": 0.45}
PORT, RINGS, SOCKETS, GRO = "quicrx port, zero copy", "bare AF_XDP loop, zero copy", "bare recvmmsg", "bare recvmmsg, UDP_GRO"


def transfers(figures):
    """What scripts/bench-vm --json writes."""
    workloads = {}
    for figure in figures:
        workloads.setdefault(figure["workload"], {})[figure["server"]] = [
            each / figure["units"] / 1e6 for each in figure["samples"]]
    return [Measured(5 if "handshake" in workload else 4, "V", workload,
                     "M instructions a " + ("handshake" if "handshake" in workload else "MiB"), servers,
                     [Comparison(ZERO_COPY, PEER, TARGETS.get(workload.split()[0]))] if PEER in servers else [])
            for workload, servers in workloads.items()]


def receiving(figures):
    """What scripts/bench-vm receive --json writes."""
    sizes = {}
    for figure in figures:
        sizes.setdefault(figure["bytes"], {})[figure["subject"]] = figure["samples"]
    return [Measured(1, "V", f"receive alone, {size:,} bytes", "instructions a packet", subjects,
                     [Comparison(PORT, RINGS), Comparison(PORT, SOCKETS, 0.25), Comparison(PORT, GRO)])
            for size, subjects in sizes.items()]


def figures_of(*words):
    with tempfile.TemporaryDirectory() as folder:
        told = pathlib.Path(folder) / "figures.json"
        done = subprocess.run([str(REPOSITORY / "scripts/bench-vm"), *map(str, words), "--json", str(told)],
                              capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"scripts/bench-vm: exit {done.returncode}: {done.stderr[-2000:]}")
        return json.loads(told.read_text(encoding="utf-8"))


def measure_receiving(run):
    run.progress("row 1, ruler V: a virtual machine for the receivers")
    return receiving(figures_of("receive", "--rounds", run.rounds))


def measure(run):
    run.progress("row 4, ruler V: a virtual machine for each server")
    return transfers(figures_of("--rounds", run.rounds))
