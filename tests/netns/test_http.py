# SPDX-License-Identifier: MIT
"""HTTP/3 semantics, as gtlsclient sees them."""

import os
import time

import pytest

import client
from poller import stats


def header(text, name):
    for line in text.splitlines():
        if f"[{name}: " in line:
            return line.split(f"[{name}: ")[1].rstrip("]")
    return None


def status(text):
    return int(header(text, ":status"))


def test_get_and_head(network, site, poller):
    (site.root / "page.html").write_text("<p>hello</p>\n", encoding="ascii")
    got = client.talk(network, "/page.html")
    assert status(got) == 200
    assert header(got, "content-type") == "text/html; charset=utf-8"
    assert header(got, "content-length") == "13"
    assert "<p>hello</p>" in got
    head = client.talk(network, "/page.html", method="HEAD")
    assert status(head) == 200
    assert header(head, "content-length") == "13"
    assert "<p>hello</p>" not in head


def test_a_folder_is_its_index(network, site, poller):
    (site.root / "index.html").write_text("top", encoding="ascii")
    (site.root / "sub").mkdir()
    (site.root / "sub" / "index.html").write_text("below", encoding="ascii")
    (site.root / "bare").mkdir()
    assert "top" in client.talk(network, "/")
    assert "below" in client.talk(network, "/sub/")
    assert "below" in client.talk(network, "/sub")
    assert status(client.talk(network, "/bare/")) == 404


def test_names_are_decoded_and_queries_ignored(network, site, poller):
    (site.root / "a b.txt").write_text("found", encoding="ascii")
    assert "found" in client.talk(network, "/a%20b.txt?x=1")
    assert status(client.talk(network, "/a%2")) == 400
    assert status(client.talk(network, "/a%00b")) == 400


def test_no_way_out_of_the_root(network, site, poller):
    (site.folder / "secret").write_text("secret", encoding="ascii")
    (site.root / "inside").write_text("inside", encoding="ascii")
    os.symlink("../secret", site.root / "out")
    os.symlink("/etc/hostname", site.root / "absolute")
    os.symlink("..", site.root / "parent")
    os.symlink("inside", site.root / "within")
    for path in ("/out", "/absolute", "/parent/secret", "/../secret", "/%2e%2e/secret", "/..%2fsecret", "//etc/hostname",
                 "/parent/root/../secret"):
        assert status(client.talk(network, path)) in (400, 404), path
    assert "inside" in client.talk(network, "/within")


def test_what_is_no_file(network, site, poller):
    assert status(client.talk(network, "/missing")) == 404
    os.mkfifo(site.root / "fifo")
    assert status(client.talk(network, "/fifo")) == 404


@pytest.mark.parametrize("method", ["PUT", "POST"])
def test_upload(network, site, poller, method):
    source = site.make_file("source", 300_000)
    client.upload(network, site, source, "name.bin", method=method)
    other = site.make_file("other", 1000)
    client.upload(network, site, other, "name.bin", method=method)
    assert [path.name for path in site.uploads.iterdir()] == ["name.bin"], "replaced, and no temporary file stays"


def test_upload_answers(network, site, start_poller):
    start_poller("--max-upload", "1000")
    small, large = site.make_file("small", 1000), site.make_file("large", 200_000)
    put = lambda path, data: status(client.talk(network, path, method="PUT", data=data))
    assert put("/upload/fits", small) == 201
    assert put("/upload/too-large", large) == 413
    for name in ("", ".hidden", "a%2fb", "..", "n" * 300):
        assert put(f"/upload/{name}", small) == 400, name
    refused = client.talk(network, "/elsewhere", method="PUT", data=small)
    assert status(refused) == 405 and header(refused, "allow") == "GET, HEAD, OPTIONS"
    assert status(client.talk(network, "/small", method="DELETE")) == 405
    assert [path.name for path in site.uploads.iterdir()] == ["fits"]


def test_upload_without_a_folder(network, site, start_poller):
    start_poller(upload_dir=False)
    source = site.make_file("source", 200_000)
    assert status(client.talk(network, "/upload/name", method="PUT", data=source)) == 403
    assert os.listdir(site.uploads) == []


def test_a_client_that_gives_up_an_upload(network, site, start_poller):
    """Its connection times out or closes; nothing of the file stays."""
    start_poller("--idle-timeout", "3")
    site.make_sparse_file("large", 4000 << 20)
    upload = network.start(network.client, *client.command("10.9.0.1", ["https://localhost/upload/half"], "-q",
                                                           "--http-method=PUT", f"--data={site.root / 'large'}"))
    while not list(site.uploads.iterdir()):
        assert upload.poll() is None
    upload.terminate()
    upload.wait()
    limit = time.monotonic() + 40
    while list(site.uploads.iterdir()) and time.monotonic() < limit:
        time.sleep(0.1)
    assert list(site.uploads.iterdir()) == [], "neither the file nor its temporary"
    assert stats(network)["queues"][0]["quic"]["connections"]["accepted"] == 1
