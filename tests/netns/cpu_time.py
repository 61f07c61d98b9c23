# SPDX-License-Identifier: MIT
"""CPU time, as the scheduler counts it."""

import pathlib


def run_seconds(task):
    """Of a process's or a thread's folder in /proc; nothing for one that is gone."""
    try:
        return int((task / "schedstat").read_text(encoding="ascii").split()[0]) / 1e9
    except (FileNotFoundError, ProcessLookupError):
        return 0.0


def process_seconds(pid):
    """Of all threads."""
    return sum(run_seconds(task) for task in pathlib.Path(f"/proc/{pid}/task").iterdir())
