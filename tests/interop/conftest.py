# SPDX-License-Identifier: MIT
import json

import network as net
import pytest
from routed_network import RoutedNetwork


def pytest_addoption(parser):
    parser.addoption("--shard", default="0/1", help="which of how many parts of the tests to run")
    parser.addoption("--results", help="file to add a line of JSON to for each cell")


def pytest_collection_modifyitems(config, items):
    part, parts = map(int, config.getoption("--shard").split("/"))
    items[:] = items[part::parts]


@pytest.fixture(scope="session", autouse=True)
def machine():
    net.ensure_bpffs()
    net.remove_leftovers()


@pytest.fixture
def routed():
    made = RoutedNetwork()
    yield made
    made.close()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """Keeps what came of each cell for the table."""
    report = (yield).get_result()
    path, cell = item.config.getoption("--results"), getattr(item, "callspec", None)
    if path and cell and "client_class" in cell.params and (report.when == "call" or report.failed):
        line = {"case": cell.params["case"].name, "client": cell.params["client_class"].name,
                "outcome": report.outcome, "notes": dict(item.user_properties)}
        with open(path, "a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
