# SPDX-License-Identifier: MIT
"""All rows of the bench, or those that are asked for; see scripts/bench."""

import argparse
import dataclasses
import importlib
import json
import os
import pathlib
import platform
import re
import shutil
import signal
import subprocess
import sys
import time

import report
import stage

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]


@dataclasses.dataclass
class Run:
    """What a row is asked for."""
    rounds: int
    quick: bool  # small sizes: that it works is to be seen, not how fast
    site: object  # files in memory (tests/netns/site_files.py)

    @staticmethod
    def progress(text):
        print(f"\r\033[K{text}" if sys.stderr.isatty() else text, end="" if sys.stderr.isatty() else "\n", file=sys.stderr,
              flush=True)


@dataclasses.dataclass
class Part:
    """A module with measure(run) -> list[Measured]."""
    row: int
    ruler: str
    module: str


PARTS = [
    Part(1, "T", "receive"),
    Part(1, "V", "guest_receive"),
    Part(2, "T", "xdp_program"),
    Part(3, "T", "packet_protection"),
    Part(4, "T", "transfers"),
    Part(4, "V", "guest"),
    Part(5, "T", "handshake_rate"),
    Part(6, "T", "request_latency"),
    Part(7, "T", "held_memory"),
    Part(8, "T", "growth"),
]


def parse(words=None):
    parser = argparse.ArgumentParser(prog="scripts/bench", description="Figures of quicrx beside its peers'.")
    parser.add_argument("--row", type=int, action="append", choices=sorted({part.row for part in PARTS}),
                        help="only this one; may be given again (default: all)")
    parser.add_argument("--ruler", choices=("T", "V"), help="T: CPU time here; V: instructions in a machine (default: both)")
    parser.add_argument("--rounds", type=int, default=5, help="of each figure, in turn (default: 5)")
    parser.add_argument("--quick", action="store_true", help="one round of small sizes, by ruler T: does it work?")
    parser.add_argument("--out", type=pathlib.Path, default=REPOSITORY / "build/bench", metavar="DIR",
                        help="for bench.json, bench.md and bench.png (default: build/bench)")
    parser.add_argument("--write-docs", action="store_true", help="the table into docs/performance.md too, and the chart")
    chosen = parser.parse_args(words)
    if chosen.rounds < 1:
        parser.error("--rounds: at least 1")
    if chosen.quick:
        chosen.rounds, chosen.ruler = 1, "T"
    return chosen


def parts_of(chosen):
    return [part for part in PARTS if (not chosen.row or part.row in chosen.row) and chosen.ruler in (None, part.ruler)]


def output_of(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def machine(chosen, seconds, each):
    model = [line.split(":", 1)[1].strip() for line in pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
             if line.startswith("model name")]
    versions = {name: output_of("dpkg-query", "-W", "-f=${Version}", package) for name, package in
                {"ngtcp2": "libngtcp2-dev", "gtlsclient": "ngtcp2-client", "gnutls": "libgnutls28-dev"}.items()}
    for peer, variable in (("gtlsserver", "GTLSSERVER"), ("Caddy", "CADDY")):
        versions[peer] = unpacked_version(os.environ[variable])
    return {"date": time.strftime("%Y-%m-%d", time.gmtime()), "kernel": platform.release(), "cpu": model[0] if model else "",
            "cpus": len(model), "commit": output_of("git", "-C", str(REPOSITORY), "rev-parse", "--short", "HEAD"),
            "versions": versions, "rounds": chosen.rounds, "quick": chosen.quick, "seconds": round(seconds),
            "seconds_by_part": each, "command": " ".join(["scripts/bench", *sys.argv[1:]])}


def unpacked_version(path):
    """Of a package in the folder that scripts/fetch-package made: NAME_VERSION."""
    folder = next(part for part in pathlib.Path(path).parts[::-1] if re.match(r"[a-z0-9.+-]+_\d", part))
    return folder.partition("_")[2]


def described(facts):
    """One line: what was run, where, beside whom."""
    peers = ", ".join(f"{peer} {facts['versions'][peer].partition('_')[0]}" for peer in ("gtlsserver", "Caddy"))
    return (f"`{facts['command']}`, {facts['date']}, commit {facts['commit']}: {facts['cpus']} CPUs, {facts['cpu']}, "
            f"Linux {facts['kernel']}; {peers}; medians of {facts['rounds']}; {facts['seconds']} s")


def write(cells, facts, chosen):
    chosen.out.mkdir(parents=True, exist_ok=True)
    text = f"{described(facts)}\n\n{report.table(cells)}\n\n{report.summary(cells)}"
    print(text)
    (chosen.out / "bench.md").write_text(text + "\n", encoding="utf-8")
    (chosen.out / "bench.json").write_text(json.dumps(report.as_json(cells, facts), indent=1), encoding="utf-8")
    import chart  # pylint: disable=import-outside-toplevel  # slow to come, and not needed before
    chart.draw(cells, chosen.out / "bench.png", described(facts))
    if chosen.write_docs:
        docs = REPOSITORY / "docs"
        shutil.copyfile(chosen.out / "bench.png", docs / "performance.png")
        report.write_between_markers(docs / "performance.md", f"{text}\n\n![The ratios as bars](performance.png)")


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    chosen = parse()
    begin, cells, each = time.monotonic(), [], {}
    with stage.site_in_memory() as site:
        run = Run(chosen.rounds, chosen.quick, site)
        for part in parts_of(chosen):
            started = time.monotonic()
            cells += importlib.import_module(part.module).measure(run)
            each[f"{part.row} {part.ruler}"] = round(time.monotonic() - started)
    run.progress("")
    write(cells, machine(chosen, time.monotonic() - begin, each), chosen)


if __name__ == "__main__":
    main()
