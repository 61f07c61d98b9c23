# SPDX-License-Identifier: MIT
"""Every case with every client that can do it."""

import pytest
from cases import CASES
from cell import Cell
from clients import CLIENTS

CELLS = [pytest.param(case, client, id=f"{case.name}-{client.name}",
                      marks=[pytest.mark.sample] if client.name in case.sample else [])
         for case in CASES for client in CLIENTS if case.name not in client.cannot and case.ask not in client.cannot]


@pytest.mark.parametrize("case, client_class", CELLS)
def test_cell(routed, tmp_path, record_property, case, client_class):
    evidence = Cell(routed, case, tmp_path).run(client_class)
    record_property("s", round(evidence.seconds, 1))
    try:
        for judge in case.judges:
            judge(evidence)
    finally:
        for name, value in evidence.notes.items():
            record_property(name, value)
