# SPDX-License-Identifier: MIT
"""What a run leaves behind, by which it is judged."""

import dataclasses
import functools
import pathlib

from capture import read_capture


GIVEN_UP = "given up by the client"  # a note: handshakes that were tried again
MISLED = "misled by a damaged Version Negotiation"  # a note: clients that were, and tried again


@dataclasses.dataclass
class Evidence:
    folder: pathlib.Path
    secrets: pathlib.Path
    names: list  # of the files
    sizes: list
    seconds: float  # that the client took
    counts: dict  # the middlebox's
    notes: dict = dataclasses.field(default_factory=dict)  # figures for the table

    @functools.cached_property
    def at_client(self):
        """As it passed the client's interface."""
        return read_capture(self.folder / "client.pcap", self.secrets)

    @functools.cached_property
    def at_server(self):
        return read_capture(self.folder / "server.pcap", self.secrets)

    def by_client(self):
        """As it was sent: the server's end sees it with what the network did to it."""
        return [datagram for datagram in self.at_client if not datagram.from_server]

    def by_server(self):
        return [datagram for datagram in self.at_server if datagram.from_server]


def with_kind(datagrams, kind):
    return [datagram for datagram in datagrams if kind in datagram.kinds]
