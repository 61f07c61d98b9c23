# SPDX-License-Identifier: MIT
"""Chromium, headless. It is told that the origin speaks QUIC, as there is no TCP server that could say so."""

import base64
import functools
import hashlib
import json
import os
import subprocess

from devtools import DevTools
from network import V6_SERVER
from poller import PORT

ORIGIN = f"quicrx.test:{PORT}"  # --origin-to-force-quic-on knows no IPv6 address
QUIET = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-extensions")

# Fetches the files, as many at once as Chromium allows a page, and tells of each its SHA-256 and the protocol by which it
# came.
FETCH = """
(async names => {
  performance.setResourceTimingBufferSize(10000)
  const fetched = []
  const left = names.slice()
  await Promise.all(Array.from({length: 500}, async () => {
    for (let name; (name = left.pop()) !== undefined;) {
      const response = await fetch('/' + name)
      if (!response.ok) throw new Error(name + ': ' + response.status)
      const hash = await crypto.subtle.digest('SHA-256', await response.arrayBuffer())
      fetched.push([name, Array.from(new Uint8Array(hash), byte => byte.toString(16).padStart(2, '0')).join('')])
    }
  }))
  const protocols = performance.getEntriesByType('resource').map(entry => entry.nextHopProtocol)
  return {hashes: Object.fromEntries(fetched), protocols: Array.from(new Set(protocols))}
})(%s)"""

# Sends what it fetches back, by PUT and by POST.
UPLOAD = """
(async names => {
  const statuses = []
  for (const name of names) {
    const body = await (await fetch('/' + name)).blob()
    for (const method of ['PUT', 'POST'])
      statuses.push((await fetch('/upload/' + method + name, {method, body})).status)
  }
  return statuses
})(%s)"""


def spki(certificate):
    """The certificate's public key, as Chromium names those which it is to trust."""
    pem = subprocess.run(["openssl", "x509", "-in", certificate, "-noout", "-pubkey"], check=True,
                         capture_output=True).stdout
    der = subprocess.run(["openssl", "pkey", "-pubin", "-outform", "der"], input=pem, check=True,
                         capture_output=True).stdout
    return base64.b64encode(hashlib.sha256(der).digest()).decode()


class Chromium:
    name = "chromium"
    cannot = {
        "echo": "speaks HTTP/3 only",
        "perf": "speaks HTTP/3 only",
        "ecn": "marks nothing",
        "chacha20": "no switch for the cipher suite",
        "key_update": "no switch for it",
        "each_alone": "one connection to an origin",
        "resumption": "keeps its connection",
        "zero_rtt": "keeps its connection",
        "compatible_v2": "speaks v1 only",
        "unknown_version": "speaks v1 only",
        "migrate": "does not migrate when told",
        "preferred_address": "ignores the preferred address",
    }

    def __init__(self, cell):
        self.cell = cell

    def browse(self, script):
        """Opens the site's first page and runs a script in it."""
        cell = self.cell
        (cell.site.root / "index.html").write_text("<title>quicrx</title>", encoding="ascii")
        address = f"[{cell.address}]" if cell.address == V6_SERVER else cell.address
        command = ("chromium", *QUIET, f"--user-data-dir={cell.folder / 'profile'}", "--remote-debugging-pipe",
                   "--enable-quic", f"--origin-to-force-quic-on={ORIGIN}",
                   f"--host-resolver-rules=MAP {ORIGIN} {address}:{PORT}",
                   f"--ignore-certificate-errors-spki-list={spki(cell.site.certificate)}",
                   f"--ssl-key-log-file={cell.secrets}", "about:blank")
        with open(cell.folder / "chromium.log", "wb") as log:
            start = functools.partial(cell.network.start, cell.network.client, *command, stdout=log, stderr=log,
                                      env={**os.environ, "HOME": str(cell.folder)})
            browser = DevTools(start, cell.case.seconds)
            try:
                browser.open(f"https://{ORIGIN}/")
                return browser.evaluate(script)
            finally:
                browser.close()

    def download(self, names):
        fetched = self.browse(FETCH % json.dumps(names))
        assert fetched["protocols"] == ["h3"]
        for name in names:
            assert fetched["hashes"][name] == hashlib.sha256((self.cell.site.root / name).read_bytes()).hexdigest()

    http3 = download

    def upload(self, names):
        statuses = self.browse(UPLOAD % json.dumps(names))
        assert set(statuses) == {201}
        for name in names:
            for method in ("PUT", "POST"):
                self.cell.site.expect_same(self.cell.site.root / name, self.cell.site.uploads / (method + name))
