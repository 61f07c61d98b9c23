# SPDX-License-Identifier: MIT
"""QEMU's software emulation of a PC with the network cards under test. No privilege, no KVM, no network of the host's."""

import ctypes
import os
import pathlib
import re
import signal
import subprocess
import threading

SERVER_MAC, CLIENT_MAC, SPARE_MAC, FIXED_MAC = (f"52:54:00:00:00:0{number}" for number in range(1, 5))
# Without iommu_platform virtio_net refuses zero copy (its DMA device is unknown); the option wants a modern device.
NIC = {
    "virtio_net": "virtio-net-pci,iommu_platform=on,disable-legacy=on,rx_queue_size=1024",
    "igb": "igb",
}
# In one boot of thirty QEMU dropped all that an AF_XDP socket sent by zero copy. virtio_net puts one header before all of it, a
# static variable of the module's; the kernel's DMA mapping seems to take its address for one in the kernel's image, so that
# the card reads another place of memory, which is mostly zero, as the header is. At these addresses that place is behind
# the memory's end, and always zero.
FIXED_ADDRESSES = "nokaslr"
PR_SET_PDEATHSIG = 1


def die_with_parent():
    """In a child before it becomes QEMU: a parent that is killed must not leave it."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Died(Exception):
    """The guest ended without saying how its work went."""


class Machine:
    def __init__(self, packages, initrd, work, driver, name):
        self.packages = packages
        self.initrd = initrd
        self.results = work / f"results-{name}"
        self.driver = driver

    def command(self, main, options, processors, extra):
        root = self.packages.qemu_root
        words = " ".join(["console=ttyS0", "quiet", "panic=-1", FIXED_ADDRESSES, f"quicrx.main={main}",
                          *(f"quicrx.{name}={value}" for name, value in options.items())])
        return [str(self.packages.qemu),
                *(word for place in ("usr/share/qemu", "usr/share/seabios", "usr/lib/ipxe/qemu")
                  for word in ("-L", str(root / place))),
                "-accel", "tcg", "-machine", "q35", "-cpu", "max", "-smp", str(processors), "-m", "1024",
                "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
                "-serial", "stdio", "-serial", f"file:{self.results}",
                "-kernel", str(self.packages.kernel), "-initrd", str(self.initrd), "-append", words, *extra]

    def hub(self):
        """The card under test and the client's card on one wire."""
        return ["-netdev", "hubport,id=n0,hubid=0", "-device", f"{NIC[self.driver]},netdev=n0,mac={SERVER_MAC},romfile=",
                "-netdev", "hubport,id=n1,hubid=0", "-device", f"virtio-net-pci,netdev=n1,mac={CLIENT_MAC},romfile="]

    def run(self, main, seconds, options=None, processors=2, extra=(), prefix=(), on_line=print):
        """Runs the guest's `main` to its end; its report and exit status. Raises Died."""
        self.results.unlink(missing_ok=True)
        command = [*prefix, *self.command(main, {"driver": self.driver, **(options or {})}, processors, extra)]
        with subprocess.Popen(command, env=self.packages.environment(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, errors="replace", preexec_fn=die_with_parent) as process:
            too_late = threading.Timer(seconds, process.kill)
            too_late.start()
            for line in process.stdout:
                on_line(line.rstrip())
            status = process.wait()
            timed_out = not too_late.is_alive()
            too_late.cancel()
        report, mark, ending = (pathlib.Path(self.results).read_text(encoding="utf-8", errors="replace")
                             if self.results.exists() else "").rpartition("\nEXIT ")
        if not mark or not re.fullmatch(r"-?\d+", ending.strip()):
            why = f"it ran longer than {seconds} s" if timed_out else f"QEMU's exit status is {status}"
            raise Died(f"the {self.driver} machine died: {why}")
        return report, int(ending)


def cards_on_taps(driver):
    """virtio_net cards that only a tap device can serve, and the prefix command that makes those.

    "spare" has more queues than CPUs; "fixed" has a host that merges packets and cannot be told not to. Only root can make
    tap devices; these live in a network namespace that dies with QEMU, and nothing is at their other ends.
    """
    if driver != "virtio_net" or not os.access("/dev/net/tun", os.W_OK) or os.geteuid() != 0:
        return [], []
    make = ("ip tuntap add spare mode tap multi_queue && ip link set spare up && "
            "ip tuntap add fixed mode tap vnet_hdr && ip link set fixed up && exec \"$@\"")
    return (["unshare", "--net", "sh", "-c", make, "sh"],
            ["-netdev", "tap,id=n2,ifname=spare,script=no,downscript=no,vhost=off,queues=4", "-device",
             f"{NIC['virtio_net']},mq=on,vectors=10,netdev=n2,mac={SPARE_MAC},romfile=",
             "-netdev", "tap,id=n3,ifname=fixed,script=no,downscript=no,vhost=off", "-device",
             f"{NIC['virtio_net']},ctrl_guest_offloads=off,netdev=n3,mac={FIXED_MAC},romfile="])
