# SPDX-License-Identifier: MIT
"""What a server needs on disk: a certificate, files to serve, a folder for uploads."""

import filecmp
import os
import subprocess


class Site:
    def __init__(self, folder):
        self.folder = folder
        self.root = folder / "root"
        self.uploads = folder / "uploads"
        self.downloads = folder / "downloads"
        for made in (self.root, self.uploads, self.downloads):
            made.mkdir()
        self.uploads.chmod(0o777)  # whoever serves
        self.certificate, self.key = self.make_certificate("site")

    def make_certificate(self, name):
        certificate, key = self.folder / f"{name}.pem", self.folder / f"{name}.key"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                        "-keyout", str(key), "-out", str(certificate), "-days", "2", "-subj", "/CN=localhost"],
                       check=True, capture_output=True)
        key.chmod(0o644)  # whoever serves
        return certificate, key

    def make_file(self, name, size):
        path = self.root / name
        path.write_bytes(os.urandom(size))
        return path

    def make_sparse_file(self, name, size):
        """Mostly holes, with something to compare in each megabyte."""
        path = self.root / name
        with open(path, "wb") as file:
            for offset in range(0, size, 1 << 20):
                file.seek(offset)
                file.write(os.urandom(1000))
            file.truncate(size)
        return path

    def expect_same(self, one, other):
        assert filecmp.cmp(one, other, shallow=False), f"{one} differs from {other}"
