# SPDX-License-Identifier: MIT
"""Programs of the bench that measure by themselves and print JSON."""

import json
import subprocess

from serving import BUILD
from wire import SERVER_CPU, on_cpu


def path(name):
    return str(BUILD / "tests/bench" / name)


def figures_of(name, *arguments, timeout=300):
    done = subprocess.run(on_cpu(SERVER_CPU, path(name), *map(str, arguments)), capture_output=True, text=True, check=False,
                          timeout=timeout)
    assert done.returncode == 0, f"{name}: exit {done.returncode}: {done.stderr}"
    return json.loads(done.stdout)
