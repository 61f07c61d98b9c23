# SPDX-License-Identifier: MIT
"""One cell of the table: a case, run with a client."""

import os
import time

import chain
import cross_traffic
from evidence import Evidence
from poller import Poller, expect_rest
from routed_network import Middlebox
from site_files import Site


class Cell:
    """Runs a case in a RoutedNetwork; what a client's class works with."""

    def __init__(self, network, case, folder):
        self.network, self.case, self.folder = network, case, folder
        self.address = case.address
        self.secrets = folder / "secrets"
        self.site = Site(folder)
        if case.long_chain:
            self.site.certificate, self.site.key = chain.make(folder, 9)
        self.names = case.names()
        for name, size in zip(self.names, case.sizes):
            self.site.make_file(name, size)
        self.left = case.seconds
        self.notes = {}  # figures for the table

    def run_client(self, command, environment=(), check=True):
        begin = time.monotonic()
        try:
            return self.network.run(self.network.client, *command, check=check, timeout=self.left,
                                    env={**os.environ, "SSLKEYLOGFILE": str(self.secrets), **dict(environment)})
        finally:
            self.left -= time.monotonic() - begin

    def expect_downloads(self, names):
        for name in names:
            self.site.expect_same(self.site.root / name, self.site.downloads / name)

    def run(self, client_class):
        """The client's part, which compares the files, and what it left."""
        poller = Poller(self.network, self.site, "--cpu", "none", *self.case.server)  # cells run side by side
        middlebox = Middlebox(self.network, self.case.network, self.folder)
        beside = cross_traffic.Flow(self.network) if self.case.cross_traffic else None
        try:
            poller.wait_ready()
            begin = time.monotonic()
            getattr(client_class(self), self.case.ask)(self.names)
            seconds = time.monotonic() - begin
        finally:
            if beside:
                self.notes["TCP kbit/s"] = beside.stop()
            counts = middlebox.stop()
            try:
                expect_rest(self.network)
            finally:
                poller.stop()
        return Evidence(self.folder, self.secrets, self.names, self.case.sizes, seconds, counts, self.notes)
