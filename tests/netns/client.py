# SPDX-License-Identifier: MIT
"""gtlsclient: an HTTP/3 client that is not ours (Debian's ngtcp2-client)."""

import os
import re
import signal
import ssl

from network import V4_SERVER
from poller import PORT, by_af_xdp, by_any_port, each, wait_for


def command(address, uris, *options):
    return ["gtlsclient", "--exit-on-all-streams-close", "--timeout=20s", *options, address, str(PORT), *uris]


def fetch(network, site, names, address=V4_SERVER, seconds=60, options=()):
    """Downloads files of the site and compares them."""
    uris = [f"https://localhost/{name}" for name in names]
    for name in names:
        (site.downloads / name).unlink(missing_ok=True)
    network.run(network.client, *command(address, uris, "-q", f"--download={site.downloads}", *options),
                timeout=seconds)
    for name in names:
        site.expect_same(site.root / name, site.downloads / name)


class Fetch:
    """A download under way, to be disturbed."""

    def __init__(self, network, site, name, address=V4_SERVER):
        self.network, self.site, self.name = network, site, name
        (site.downloads / name).unlink(missing_ok=True)
        opened = self.opened()
        self.process = network.start(network.client, *command(address, [f"https://localhost/{name}"], "-q",
                                                              f"--download={site.downloads}"))
        # What a download of before still gets must not be taken for this one's.
        wait_for(lambda: self.opened() > opened, "the download has not begun", 20)
        before = self.sent()
        wait_for(lambda: self.sent() >= before + 100_000, "the download does not come", 20)
        self.expect_under_way()

    def opened(self):
        return sum(each(self.network, "quic", "streams", "opened"))

    def sent(self):
        return sum(by_any_port(self.network, "sent_bytes"))

    def halt(self):
        """Its process stands still, so that no machine is quick enough to end it."""
        self.process.send_signal(signal.SIGSTOP)
        self.expect_under_way()

    def go_on(self):
        self.process.send_signal(signal.SIGCONT)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def expect_under_way(self):
        assert self.process.poll() is None, "the download is over too early to have been disturbed"

    def finish(self, seconds=60):
        """It goes on to its end."""
        assert self.process.wait(timeout=seconds) == 0
        self.site.expect_same(self.site.root / self.name, self.site.downloads / self.name)


def start_halted(network, site, names):
    """Downloads under way that stand still, at each of two workers: by sockets more of them, until each has one."""
    started = []
    while len(started) < len(names) or (not by_af_xdp() and 0 in each(network, "quic", "connections", "active")):
        assert len(started) < 20, "no flow comes to the other worker"
        name = names[len(started)] if len(started) < len(names) else f"{names[0]}-{len(started)}"
        if not (site.root / name).exists():
            os.link(site.root / names[0], site.root / name)
        started.append(Fetch(network, site, name))
        started[-1].halt()
    assert min(each(network, "quic", "connections", "active")) >= 1
    return started


def upload(network, site, source, name, address=V4_SERVER, seconds=60, method="PUT", options=()):
    """Uploads a file and compares what was stored."""
    network.run(network.client,
                *command(address, [f"https://localhost/upload/{name}"], "-q", f"--http-method={method}",
                         f"--data={source}", *options), timeout=seconds)
    site.expect_same(source, site.uploads / name)


def talk(network, path, method="GET", data=None, options=()):
    """The client's own account of a request, in which headers and errors can be looked for."""
    extra = [f"--data={data}"] if data else []
    done = network.run(network.client,
                       *command(V4_SERVER, [f"https://localhost{path}"], "--no-quic-dump", f"--http-method={method}",
                                *extra, *options), timeout=60)
    return done.stdout + done.stderr


def sees_certificate(network, certificate, address=V4_SERVER):
    """Whether it is what a new connection is shown: it is in the client's dump of the handshake."""
    done = network.run(network.client, *command(address, ["https://localhost/"], "--no-http-dump"), timeout=60)
    dumped = re.findall(r"^[0-9a-f]{8}  ((?:[0-9a-f]{2} +)+)\|", done.stdout + done.stderr, re.MULTILINE)
    assert dumped, "no handshake"
    return ssl.PEM_cert_to_DER_cert(certificate.read_text(encoding="ascii")) in bytes.fromhex("".join(dumped))


def come_back(network, site, name, folder, *options):
    """Downloads with the ticket of last time, and waits for the next one."""
    fetch(network, site, [name], options=(f"--session-file={folder}/session", f"--tp-file={folder}/parameters",
                                          "--wait-for-ticket", *options))
