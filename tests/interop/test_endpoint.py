# SPDX-License-Identifier: MIT
"""scripts/interop-endpoint, as the interop runner starts it in a server's container."""

import os
import pathlib
import signal
import time

import client
import pytest
from poller import PORT, QUICRX, stats
from routed_network import Middlebox
from site_files import Site

SCRIPT = str(pathlib.Path(__file__).resolve().parents[2] / "scripts" / "interop-endpoint")


class Endpoint:
    def __init__(self, network, folder, case):
        self.site = Site(folder)
        certificates = folder / "certs"
        certificates.mkdir()
        self.site.certificate.rename(certificates / "cert.pem")
        self.site.key.rename(certificates / "priv.key")
        (folder / "qlog").mkdir()
        self.log = folder / "endpoint.log"
        environment = {"TESTCASE": case, "WWW": str(self.site.root), "CERTS": str(certificates), "PORT": str(PORT),
                       "SSLKEYLOGFILE": str(folder / "server-secrets"), "QLOGDIR": str(folder / "qlog"),
                       "QUICRX": QUICRX}
        with open(self.log, "wb") as log:
            self.process = network.start(network.server, SCRIPT, env={**os.environ, **environment}, stdout=log,
                                         stderr=log)

    def wait_ready(self):
        limit = time.monotonic() + 20
        while "ready:" not in self.log.read_text(encoding="utf-8"):
            assert self.process.poll() is None and time.monotonic() < limit, self.log.read_text(encoding="utf-8")
            time.sleep(0.02)

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=20)


@pytest.fixture
def endpoint(routed, tmp_path):
    started = []

    def start(case):
        started.append(Endpoint(routed, tmp_path, case))
        return started[-1]

    middlebox = Middlebox(routed, {}, tmp_path)
    yield start
    middlebox.stop()
    for one in started:
        one.stop()


@pytest.mark.sample
@pytest.mark.parametrize("case", ["handshake", "retry", "http3", "connectionmigration"])
def test_a_case(routed, tmp_path, endpoint, case):
    """The interface is found, and the case's option is set."""
    server = endpoint(case)
    server.wait_ready()
    server.site.make_file("file", 100_000)
    client.fetch(routed, server.site, ["file"])
    quic = stats(routed)["queues"][0]["quic"]
    assert (quic["answers"]["retries_sent"] > 0) == (case == "retry")
    assert "SERVER_TRAFFIC_SECRET_0" in (tmp_path / "server-secrets").read_text(encoding="ascii")
    steered = {number for ports in stats(routed)["program"]["ports"] for number in range(ports["first"], ports["last"] + 1)}
    assert steered == {PORT, *([PORT + 1] if case == "connectionmigration" else [])}
    assert server.stop() == 0


@pytest.mark.sample
def test_an_unknown_case(endpoint):
    assert endpoint("no-such-case").process.wait(timeout=20) == 127
