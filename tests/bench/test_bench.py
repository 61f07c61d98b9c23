# SPDX-License-Identifier: MIT
"""scripts/bench --quick: every row by ruler T, as small as it can be."""

import json
import os
import pathlib
import subprocess

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]


def test_every_row_works(tmp_path):
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run([REPOSITORY / "scripts/bench", "--quick", "--out", tmp_path], capture_output=True, text=True,
                          check=False, timeout=500, env=environment)
    assert done.returncode == 0, done.stderr[-4000:]
    told = json.loads((tmp_path / "bench.json").read_text(encoding="utf-8"))
    assert {cell["row"] for cell in told["cells"]} == set(range(1, 9))
    # Of few connections the heap may have had the memory already.
    assert all(subject["median"] > 0 for cell in told["cells"] if cell["row"] != 7 for subject in cell["subjects"])
    table = (tmp_path / "bench.md").read_text(encoding="utf-8")
    assert all(cell["name"] in table for cell in told["cells"]) and table.strip() == done.stdout.strip()
    assert (tmp_path / "bench.png").read_bytes().startswith(b"\x89PNG")
