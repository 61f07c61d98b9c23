# SPDX-License-Identifier: MIT
"""Row 4 and handshakes by ruler V: scripts/bench-vm, which counts the instructions of a whole server machine."""

import json
import pathlib
import subprocess
import tempfile

from measured import Comparison, Measured

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
ZERO_COPY, PEER = "quicrx, zero copy", "gtlsserver, UDP sockets"
HANDSHAKES = 20  # a round: the spread is a few percent
TARGETS = {"upload": 0.35, "download": 0.45}


def cells(figures):
    """What scripts/bench-vm --json writes."""
    workloads = {}
    for figure in figures:
        workloads.setdefault(figure["workload"], {})[figure["server"]] = [
            each / figure["units"] / 1e6 for each in figure["samples"]]
    return [Measured(5 if "handshake" in workload else 4, "V", workload,
                     "M instructions a " + ("handshake" if "handshake" in workload else "MiB"), servers,
                     [Comparison(ZERO_COPY, PEER, TARGETS.get(workload.split()[0]))] if PEER in servers else [])
            for workload, servers in workloads.items()]


def figures_of(*words):
    """What scripts/bench-vm tells."""
    with tempfile.TemporaryDirectory() as folder:
        told = pathlib.Path(folder) / "figures.json"
        done = subprocess.run([str(REPOSITORY / "scripts/bench-vm"), *map(str, words), "--json", str(told)],
                              capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"scripts/bench-vm: exit {done.returncode}: {done.stderr[-2000:]}")
        return json.loads(told.read_text(encoding="utf-8"))


def measure(run):
    run.progress("row 4, ruler V: a virtual machine for each server")
    return cells(figures_of("--rounds", run.rounds, "--handshakes", HANDSHAKES, "--server", "zero-copy", "--server", "gtlsserver"))
