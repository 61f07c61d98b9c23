# SPDX-License-Identifier: MIT
"""gtlsclient of ngtcp2, with GnuTLS: HTTP/3 only."""

import client
from evidence import MISLED


class Gtlsclient:
    name = "gtlsclient"
    cannot = {"echo": "speaks HTTP/3 only", "perf": "speaks HTTP/3 only"}

    def __init__(self, cell):
        self.cell = cell

    def ask(self, names, *options):
        """What the client says of it: it ends well whatever becomes of the connection."""
        uris = [f"https://localhost/{name}" for name in names]
        return self.cell.run_client(client.command(self.cell.address, uris, "-q",
                                                   f"--download={self.cell.site.downloads}", *options)).stderr

    def get(self, names, *options):
        self.ask(names, *options)
        self.cell.expect_downloads(names)

    def download(self, names):
        self.get(names)

    http3 = download
    preferred_address = download

    def each_alone(self, names):
        for name in names:
            told = self.ask([name])
            if "ERR_RECV_VERSION_NEGOTIATION" in told and MISLED not in self.cell.notes:
                self.cell.notes[MISLED] = 1
                self.ask([name])
        self.cell.expect_downloads(names)

    def chacha20(self, names):
        self.get(names, "--ciphers=NORMAL:-VERS-ALL:+VERS-TLS1.3:-CIPHER-ALL:+CHACHA20-POLY1305")

    def key_update(self, names):
        self.get(names, "--key-update=300ms")

    def resumption(self, names):
        session = f"--session-file={self.cell.folder / 'session'}"
        self.get(names[:1], session, "--wait-for-ticket", "--disable-early-data")
        self.get(names[1:], session, "--disable-early-data")

    def zero_rtt(self, names):
        known = (f"--session-file={self.cell.folder / 'session'}", f"--tp-file={self.cell.folder / 'parameters'}")
        self.get(names[:1], *known, "--wait-for-ticket")
        self.get(names[1:], *known)

    def compatible_v2(self, names):
        self.get(names, "--version=v1", "--available-versions=v1,v2", "--preferred-versions=v2,v1")

    def unknown_version(self, names):
        self.get(names, "--version=0x1a2a3a4a", "--preferred-versions=v1")

    def upload(self, names):
        for name in names:
            client.upload(self.cell.network, self.cell.site, self.cell.site.root / name, name, self.cell.address,
                          self.cell.case.seconds)

    def migrate(self, names):
        self.get(names, "--change-local-addr=500ms")
