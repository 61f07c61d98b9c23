# SPDX-License-Identifier: MIT
"""A certificate chain that needs more than three datagrams."""

import subprocess


def openssl(*arguments, **options):
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True, **options)


def make(folder, length):
    """The file of so many certificates, the server's first, and the server's key. The root of all is left out."""
    issuer = None
    files = []
    for number in range(length, -1, -1):
        key, request, certificate = (folder / f"chain-{number}.{kind}" for kind in ("key", "csr", "pem"))
        openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", request,
                "-subj", "/CN=localhost" if number == 0 else f"/O=An authority with a name of some length/CN=Authority {number}")
        (folder / "extensions").write_text(f"basicConstraints=critical,CA:{'FALSE' if number == 0 else 'TRUE'}\n",
                                           encoding="ascii")
        signed_by = ("-CA", issuer[0], "-CAkey", issuer[1]) if issuer else ("-key", key)
        openssl("x509", "-req", "-in", request, "-out", certificate, "-days", "2", *signed_by,
                "-extfile", folder / "extensions", "-set_serial", str(number + 1))
        issuer = certificate, key
        files.append(certificate)
    chain = folder / "chain.pem"
    chain.write_bytes(b"".join(file.read_bytes() for file in reversed(files[1:])))
    return chain, issuer[1]
