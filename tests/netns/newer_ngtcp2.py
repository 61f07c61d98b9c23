# SPDX-License-Identifier: MIT
"""A newer ngtcp2 than the one quicrx was built with, from Debian's packages: fetched and unpacked, never installed."""

import pathlib
import shutil

import packages

CACHE = pathlib.Path(__file__).parents[2] / ".cache" / "ngtcp2-newer"
NAMES = ("libngtcp2-16", "libngtcp2-crypto-gnutls8")


def library_folder():
    """Where the newest libraries of the same ABI are. Raises packages.Missing."""
    folder = CACHE / "root/usr/lib/x86_64-linux-gnu"
    if not list(folder.glob("libngtcp2*.so.*")):
        shutil.rmtree(CACHE, ignore_errors=True)
        CACHE.mkdir(parents=True)
        apt = packages.Apt(CACHE / "apt", packages.release())
        apt.update()
        packages.unpack(apt.download(*(f"{name}/{packages.KERNEL_SUITE}" for name in NAMES)), CACHE / "root")
        shutil.rmtree(CACHE / "apt")
    return folder
