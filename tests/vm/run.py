# SPDX-License-Identifier: MIT
"""Runs the guest's tests on each driver; see scripts/test-vm."""

import argparse
import concurrent.futures
import os
import pathlib
import signal
import sys
import tempfile
import threading

import image
import machine
import packages

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
SECONDS = 420
# igb is without a carrier for more than a second at each attach: tests that mostly wait run beside others.
SHARES = {"virtio_net": [None], "igb": ["load_and_unload or carrier or whole", "not (load_and_unload or carrier or whole)"]}
SKIPPED = 77  # as Meson and automake have it


def path(text):
    return pathlib.Path(text).resolve()


def parse():
    parser = argparse.ArgumentParser(prog="scripts/test-vm", description="Tests quicrx on emulated network cards whose "
                                     "drivers have AF_XDP zero copy, in virtual machines.")
    parser.add_argument("--driver", action="append", choices=sorted(machine.NIC), help="only this one (default: all)")
    parser.add_argument("-k", metavar="WORDS", help="only tests whose name matches, as pytest has it")
    parser.add_argument("--refresh", action="store_true", help="fetch the packages anew")
    parser.add_argument("--build", type=path, default=REPOSITORY / "build", help="build folder (default: build)")
    parser.add_argument("--cache", type=path, default=REPOSITORY / ".cache/vm", metavar="DIR",
                        help="where the packages are kept, in a folder of their own (default: .cache/vm)")
    parser.add_argument("--junit-dir", type=path, help="leave a JUnit report a driver here")
    return parser.parse_args()


def fetch(cache, refresh):
    """The packages; ends the program where they cannot be had: a loud skip, and under CI a failure."""
    try:
        if refresh:
            packages.Packages.clear(cache)
        return packages.Packages.ensure(cache)
    except packages.Missing as missing:
        print(f"vm: packages are missing: {missing}", file=sys.stderr)
        if os.environ.get("CI"):
            sys.exit(1)
        print("vm: SKIPPED: zero copy has not been tested", file=sys.stderr)
        sys.exit(SKIPPED)


class Run:
    """A machine's tests."""

    def __init__(self, driver, number, select):
        self.driver = driver
        self.select = select
        self.name = driver if number == 0 else f"{driver}-{number + 1}"

    def go(self, chosen, unpacked, initrd, work, lock):
        """True when every test passed."""
        def show(line):
            with lock:
                print(f"[{self.name}] {line}", flush=True)

        vm = machine.Machine(unpacked, initrd, work, self.driver, self.name)
        prefix, extra = machine.cards_on_taps(self.driver)
        if self.driver == "virtio_net" and not extra and os.environ.get("CI"):
            show("no tap device can be made (root, /dev/net/tun), and tests want one")
            return False
        options = {"taps": "yes" if extra else "no"}
        if self.select:
            options["select"] = self.select.replace(" ", "+")
        try:
            report, status = vm.run("run_tests", SECONDS, options, extra=vm.hub() + extra, prefix=prefix, on_line=show)
        except machine.Died as died:
            show(str(died))
            return False
        if chosen.junit_dir:
            (chosen.junit_dir / f"{self.name}.xml").write_text(report, encoding="utf-8")
        return status == 0


def runs_of(chosen):
    drivers = chosen.driver or sorted(machine.NIC)
    return [Run(driver, number, select) for driver in drivers
            for number, select in enumerate([chosen.k] if chosen.k else SHARES[driver])]


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was made is removed
    chosen = parse()
    runs = runs_of(chosen)
    unpacked = fetch(chosen.cache, chosen.refresh)
    print(f"vm: Linux {unpacked.kernel_version}; machines: {', '.join(run.name for run in runs)}", flush=True)
    with tempfile.TemporaryDirectory(prefix="quicrx-vm-") as folder:
        work = pathlib.Path(folder)
        initrd = image.build(work, unpacked, REPOSITORY, chosen.build)
        lock = threading.Lock()
        with concurrent.futures.ThreadPoolExecutor(len(runs)) as pool:
            good = list(pool.map(lambda run: run.go(chosen, unpacked, initrd, work, lock), runs))
    sys.exit(0 if all(good) else 1)


main()
