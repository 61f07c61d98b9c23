# SPDX-License-Identifier: MIT
"""SIGHUP: certificate and key are read again, for new connections of every worker."""

import os
import shutil
import signal

import client
from poller import by_af_xdp, each, wait_for
from spread import spread

QUEUES = 2
DONE, NOT_DONE = "certificate reloaded", "certificate not reloaded"


def replace(site, certificate, key):
    """As tools that renew certificates do: each file at once."""
    for new, place in ((certificate, site.certificate), (key, site.key)):
        shutil.copy(new, f"{place}.new")
        os.replace(f"{place}.new", place)


def reload(poller, words):
    before = poller.output().count(words)
    poller.signal(signal.SIGHUP)
    wait_for(lambda: poller.output().count(words) > before, f"'{words}' did not come")


def expect_seen(network, certificate):
    """By new connections of both workers: by queues one is enough of each, by sockets there are more of one of them."""
    before = each(network, "quic", "connections", "accepted")
    for tries in range(1, 30):
        assert client.sees_certificate(network, certificate)
        new = [now - count for now, count in zip(each(network, "quic", "connections", "accepted"), before)]
        if 0 not in new:
            break
    assert 0 not in new and (tries == len(before) or not by_af_xdp())


def test_a_new_certificate(network, site, poller):
    spread(network)
    site.make_file("one", 100 << 20)
    site.make_file("two", 100 << 20)
    first = shutil.copy(site.certificate, site.folder / "first.pem")
    expect_seen(network, first)
    downloads = client.start_halted(network, site, ["one", "two"])
    second = site.make_certificate("second")
    replace(site, *second)
    assert client.sees_certificate(network, first) and client.sees_certificate(network, first), "not asked for yet"
    reload(poller, DONE)
    expect_seen(network, second[0])
    assert not client.sees_certificate(network, first)
    for download in downloads:
        download.go_on()
    for download in downloads:
        download.finish()
    assert NOT_DONE not in poller.output()


def test_a_bad_certificate_leaves_the_old_one(network, site, poller):
    """Rubbish, a key of another, a file that is gone; and then good ones are taken."""
    spread(network)
    first = shutil.copy(site.certificate, site.folder / "first.pem"), shutil.copy(site.key, site.folder / "first.key")
    second, third = site.make_certificate("second"), site.make_certificate("third")
    rubbish = site.folder / "rubbish"
    rubbish.write_text("rubbish\n", encoding="ascii")
    for certificate, key in ((rubbish, first[1]), (second[0], rubbish), (second[0], third[1])):
        replace(site, certificate, key)
        reload(poller, NOT_DONE)
        expect_seen(network, first[0])
    site.certificate.unlink()
    reload(poller, NOT_DONE)
    expect_seen(network, first[0])
    assert DONE not in poller.output()
    replace(site, *second)
    reload(poller, DONE)
    expect_seen(network, second[0])
