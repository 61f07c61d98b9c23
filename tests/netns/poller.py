# SPDX-License-Identifier: MIT
"""quicrx itself, as a user starts it."""

import json
import signal
import subprocess
import time

import serving
from network import Network
from serving import BUILD, PORT, QUICRX, by_af_xdp  # noqa: F401


class Poller:
    """`quicrx run`, in the server's namespace unless another is named."""

    def __init__(self, network, site, *options, upload_dir=True, prefix=(), namespace=None, devices=("s0",)):
        self.network = network
        self.devices = devices
        self.log = site.folder / f"run-{time.monotonic_ns()}.log"
        port = () if "--port" in options else ("--port", str(PORT))
        words = serving.now.words(devices, getattr(network, "queues", 1))
        command = [*prefix, *serving.now.program, "run", *words, *port, "--cert", str(site.certificate), "--key", str(site.key),
                   "--root", str(site.root), *options]
        if upload_dir:
            command += ["--upload-dir", str(site.uploads)]
        with open(self.log, "w", encoding="utf-8") as log:
            # nsenter becomes the program, so that signals reach it.
            self.process = subprocess.Popen(Network.enter(namespace or network.server, command), stdout=log, stderr=log)

    def output(self):
        return self.log.read_text(encoding="utf-8")

    def wait_ready(self, seconds=20):
        limit = time.monotonic() + seconds
        while time.monotonic() < limit:
            if "ready:" in self.output():
                return self
            assert self.process.poll() is None, f"poller ended early:\n{self.output()}"
            time.sleep(0.02)
        raise AssertionError(f"poller not ready:\n{self.output()}")

    def signal(self, number):
        self.process.send_signal(number)

    def stop(self):
        """A clean end; what a sanitizer has to say fails the test."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.send_signal(signal.SIGTERM)
        self.expect_end()

    def expect_end(self, seconds=20):
        status = self.process.wait(timeout=seconds)
        assert status == 0, f"poller ended with {status}:\n{self.output()}"

    def kill(self):
        self.process.kill()
        self.process.wait(timeout=20)


def quicrx(network, *arguments, check=True, **options):
    return network.run(network.server, *serving.now.program, *arguments, check=check, **options)


def stats(network, device=None):
    """The server's statistics, or an interface's, by --json."""
    interfaces = json.loads(quicrx(network, "stats", device or serving.now.server, "--json").stdout)["interfaces"]
    assert len(interfaces) == 1
    return interfaces[0]


def each(network, *path, device=None):
    """A counter of each queue: each(network, "quic", "connections", "accepted")."""
    values = stats(network, device)["queues"]
    for name in path:
        values = [value[name] for value in values]
    return values


def by_any_port(network, counter):
    """Of each queue, whether by AF_XDP or by a socket: by_any_port(network, "sent_bytes")."""
    return [queue["af_xdp"][counter] + queue["socket"][counter] for queue in stats(network)["queues"]]


def wait_for(condition, what, seconds=10):
    limit = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < limit, what
        time.sleep(0.02)


def expect_rest(network, device=None, seconds=5):
    """At rest frames add up and none is held: waits a moment for what is under way, then insists. Pools by queue."""
    limit = time.monotonic() + seconds
    while True:
        queues = stats(network, device)["queues"]
        moving = {(queue["queue"], name): pool for queue in queues for name, pool in queue["frames"].items()
                  if pool["held"] or pool["transmit"]}
        if not moving or time.monotonic() > limit:
            break
        time.sleep(0.05)
    assert not moving, f"frames are out at rest: {moving}"
    for queue in queues:
        for name, pool in queue["frames"].items():
            assert pool["free"] + pool["fill"] == pool["size"], name
            for refused in ("released_twice", "released_stale", "released_foreign", "bad_descriptor"):
                assert pool[refused] == 0, f"{name}: {refused}"
        receive = queue["frames"]["receive"]
        assert receive["fill"] == receive["size"], f"receive frames are not with the kernel: {receive}"
    return {queue["queue"]: queue["frames"] for queue in queues}


def expect_by_rings(network):
    """No packet came by the kernel's sockets, and each that was redirected is accounted for. Over sockets: all did."""
    now = stats(network)
    assert {queue["io"] for queue in now["queues"]} == {serving.now.name}
    if not by_af_xdp():
        assert sum(queue["socket"]["received_datagrams"] for queue in now["queues"]) > 0
        assert all(queue["socket"]["drop_truncated"] == 0 for queue in now["queues"])
        return
    # A client that outruns us on two cores fills the ring: that loss is QUIC's to mend, and has its name.
    assert now["xdp"]["redirected"] == sum(
        queue["af_xdp"]["received_datagrams"] + queue["xsk"]["statistics"]["rx_ring_full"] +
        queue["xsk"]["statistics"]["rx_dropped"] for queue in now["queues"]) > 0
    for queue in now["queues"]:
        assert queue["socket"]["received_datagrams"] == 0
        assert queue["xsk"]["statistics"]["rx_invalid_descs"] == queue["xsk"]["statistics"]["tx_invalid_descs"] == 0
