# SPDX-License-Identifier: MIT
"""quic-go's own interop client: hq-interop, and HTTP/3 where a case asks for it. Other services by a client of ours."""

from evidence import GIVEN_UP, MISLED
from network import V6_SERVER
from poller import BUILD, PORT

CLIENT = str(BUILD / "interop" / "quic-go-client")
SERVICES = str(BUILD / "interop" / "quic-go-services")


class QuicGo:
    name = "quic-go"
    cannot = {
        "compatible_v2": "no compatible version negotiation",
        "preferred_address": "ignores the preferred address",
        "migrate": "does not migrate",
        "upload": "its interop client only downloads",
    }

    def __init__(self, cell):
        self.cell = cell

    def run_test_case(self, kind, names, check=True):
        host = f"[{self.cell.address}]" if self.cell.address == V6_SERVER else self.cell.address
        environment = {"TESTCASE": kind, "DOWNLOADS": str(self.cell.site.downloads),
                       "LOG_FILE": str(self.cell.folder / "quic-go.log"),
                       "QUIC_GO_DISABLE_RECEIVE_BUFFER_WARNING": "true"}
        return self.cell.run_client([CLIENT, *(f"https://{host}:{PORT}/{name}" for name in names)], environment, check)

    def test_case(self, kind, names):
        self.run_test_case(kind, names)
        self.cell.expect_downloads(names)

    def download(self, names):
        self.test_case("transfer", names)

    def http3(self, names):
        self.test_case("http3", names)

    def each_alone(self, names):
        """The client gives a handshake up after ten seconds. With so much lost it can happen that none of the flights
        that the server sends in that time arrives whole, or that a damaged Version Negotiation misleads it: it may come
        back once in a run."""
        done = self.run_test_case("multiconnect", names, check=False)
        why = {GIVEN_UP: "handshake did not complete in time", MISLED: "ompatible QUIC version found"}
        for note, said in why.items():
            if said in done.stdout + done.stderr:
                self.cell.notes[note] = 1
        if self.cell.notes:
            self.run_test_case("multiconnect", [name for name in names if not (self.cell.site.downloads / name).exists()])
        else:
            assert done.returncode == 0, done.stdout + done.stderr
        self.cell.expect_downloads(names)

    def chacha20(self, names):
        self.test_case("chacha20", names)

    def key_update(self, names):
        self.test_case("keyupdate", names)

    def resumption(self, names):
        self.test_case("resumption", names)

    def zero_rtt(self, names):
        self.test_case("zerortt", names)

    def unknown_version(self, names):
        """It goes no further. (Its own check looks for these words with a capital letter, and fails.)"""
        done = self.run_test_case("versionnegotiation", names, check=False)
        assert "ompatible QUIC version found" in done.stdout

    def echo(self, _names):
        self.cell.run_client([SERVICES, "echo", f"{self.cell.address}:{PORT}"])

    def perf(self, _names):
        self.cell.run_client([SERVICES, "perf", f"{self.cell.address}:{PORT}"])
