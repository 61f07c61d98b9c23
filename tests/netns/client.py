# SPDX-License-Identifier: MIT
"""gtlsclient: an HTTP/3 client that is not ours (Debian's ngtcp2-client)."""

import time

from network import V4_SERVER
from poller import PORT, stats


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
        before = self.sent()
        self.process = network.start(network.client, *command(address, [f"https://localhost/{name}"], "-q",
                                                              f"--download={site.downloads}"))
        limit = time.monotonic() + 20
        while self.sent() < before + 100_000:
            assert time.monotonic() < limit, "the download has not begun"
            time.sleep(0.01)
        self.expect_under_way()

    def sent(self):
        return stats(self.network)["queues"][0]["af_xdp"]["sent_bytes"]

    def expect_under_way(self):
        assert self.process.poll() is None, "the download is over too early to have been disturbed"

    def finish(self, seconds=60):
        """It goes on to its end."""
        assert self.process.wait(timeout=seconds) == 0
        self.site.expect_same(self.site.root / self.name, self.site.downloads / self.name)


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
