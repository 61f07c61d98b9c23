# SPDX-License-Identifier: MIT
"""Row 3: opening and sealing packets, by backend, against the library's raw call (tests/bench/aead)."""

import pathlib

import programs
from measured import Comparison, Measured

OURS, FALLBACK = "quicrx ipsec-mb", "ngtcp2 gnutls"
RAW, RAW_FALLBACK = "raw ipsec-mb", "raw gnutls"


def comparisons(cipher, size, subjects):
    """The fastest backend against its raw call; AES-128-GCM of a full packet against GnuTLS."""
    ours, raw = (OURS, RAW) if OURS in subjects else (FALLBACK, RAW_FALLBACK)
    wanted = [Comparison(ours, raw, 1.15)] if raw in subjects else []
    if OURS in subjects and FALLBACK in subjects:
        full = cipher.upper() == "AES-128-GCM" and size == 1350
        wanted.append(Comparison(OURS, FALLBACK, 0.45 if full else None))
    return wanted


def cells(told):
    samples = {}
    for case in told["cases"]:
        samples.setdefault((case["cipher"], case["operation"], case["bytes"]), {})[case["subject"]] = case["samples"]
    return [Measured(3, "T", f"{cipher}, {operation} {size:,} bytes", "ns a packet", subjects,
                     comparisons(cipher, size, subjects)) for (cipher, operation, size), subjects in samples.items()]


def measure(run):
    if not pathlib.Path(programs.path("aead")).exists():
        run.progress("row 3: left out: built without ipsec-mb, there is one library and nothing to compare")
        return []
    run.progress("row 3: packet protection")
    return cells(programs.figures_of("aead"))  # 25 rounds of its own
