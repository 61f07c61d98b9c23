# SPDX-License-Identifier: MIT
"""Row 1 of scripts/bench by ruler V: instructions that receiving alone takes; see scripts/bench-vm."""

import argparse
import json
import pathlib
import statistics

import machine
import ruler
from network import V4_SERVER
from ruler import BUILD, measure, run

PORT = 4444
PROGRAMS = ("port_loop", "floor_rings", "floor_sockets")
# By the word that starts it in the guest.
SUBJECTS = {"port": "quicrx port, zero copy", "rings": "bare AF_XDP loop, zero copy", "recvmmsg": "bare recvmmsg",
            "gro": "bare recvmmsg, UDP_GRO"}
SIZES = (64, 1400)
BURSTS_A_SECOND = 150  # of 64 datagrams: no more than the emulated machine can take
WARM_UP = 640  # datagrams


def parse():
    parser = argparse.ArgumentParser(prog="scripts/bench-vm receive", description="Instructions that receiving alone takes.")
    parser.add_argument("--rounds", type=int, default=5, help="of each figure, in one boot, in turn (default: 5)")
    parser.add_argument("--datagrams", type=int, default=3000, help="a figure (default: 3000)")
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE", help="write the figures here too")
    return parser.parse_args()


def send(size, count):
    run(BUILD / "tests/bench/sender", V4_SERVER, str(PORT), str(size), str(count), str(BURSTS_A_SECOND), timeout=120)


def cost(guest, size, count, nothing):
    """Instructions for each of the datagrams."""
    send(size, WARM_UP)
    return measure(guest, lambda: send(size, count), count * size, nothing).busy / count


def costs(guest, word, count):
    """By size, of a receiver that is started for it."""
    guest.ask(word)
    nothing = measure(guest, lambda: None, 0).busy
    each = {size: cost(guest, size, count, nothing) for size in SIZES}
    # The first byte is 1 in ours, whatever else of the kernel's the loop took.
    came, sent = guest.ask("stop")["first_bytes"], len(SIZES) * (WARM_UP + count)
    if came != sent:
        guest.fail(f"{SUBJECTS[word]}: {came} of {sent} datagrams came")
    return each


def table(results):
    lines = ["| datagrams | received by | instructions a datagram | lowest to highest |", "| --- | --- | --- | --- |"]
    for (size, subject), samples in results.items():
        lines.append(f"| {size:,} bytes | {subject} | {statistics.median(samples):,.0f} | "
                     f"{min(samples):,.0f} to {max(samples):,.0f} |")
    return "\n".join(lines)


def main():
    chosen = parse()
    results = {(size, subject): [] for size in SIZES for subject in SUBJECTS.values()}
    with ruler.machines([BUILD / "tests/bench" / name for name in PROGRAMS]) as machines:
        # The loop takes all that comes, the kernel's questions for addresses too.
        run("ip", "neigh", "replace", V4_SERVER, "lladdr", machine.SERVER_MAC, "nud", "permanent", "dev", "tap0")
        with machines.start("receive", "receivers", port=PORT) as guest:
            for _ in range(chosen.rounds):
                for word, subject in SUBJECTS.items():
                    for size, figure in costs(guest, word, chosen.datagrams).items():
                        results[size, subject].append(figure)
    print(table(results))
    if chosen.json:
        chosen.json.write_text(json.dumps([{"bytes": size, "subject": subject, "samples": samples}
                                           for (size, subject), samples in results.items()], indent=2), encoding="utf-8")


main()
