# SPDX-License-Identifier: MIT
import json

import network as net
import pytest
from cases import CASES
from clients import CLIENTS
from routed_network import RoutedNetwork


def pytest_addoption(parser):
    parser.addoption("--shard", default="0/1", help="which of how many parts of the tests to run")
    parser.addoption("--results", help="file to add a line of JSON to for each cell")
    parser.addoption("--cases", default="", help="names of cases, of which to run the cells only")
    parser.addoption("--client", default="", help="name of the client whose cells to run")


def pytest_configure(config):
    for given, known in ((config.getoption("--cases").split(), {case.name for case in CASES}),
                         (config.getoption("--client").split(), {client.name for client in CLIENTS})):
        if unknown := set(given) - known:
            raise pytest.UsageError(f"unknown: {', '.join(unknown)}; known: {', '.join(sorted(known))}")


def chosen(item, config):
    """All tests, or, where cases or a client are named, only their cells."""
    cases, client = config.getoption("--cases").split(), config.getoption("--client")
    if not cases and not client:
        return True
    cell = getattr(item, "callspec", None)
    return bool(cell and "client_class" in cell.params and (not cases or cell.params["case"].name in cases)
                and (not client or cell.params["client_class"].name == client))


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config, items):
    """After pytest's own choice by marks, so that the parts are of one size."""
    kept = [item for item in items if chosen(item, config)]
    part, parts = map(int, config.getoption("--shard").split("/"))
    items[:] = kept[part::parts]


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
