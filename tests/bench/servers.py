# SPDX-License-Identifier: MIT
"""The servers that are compared, each on the server's CPU of a wire, each as its own documents say it is started."""

import os
import pathlib
import subprocess
import time

import network as net
import poller
from wire import SERVER_CPU, on_cpu

PORT = poller.PORT
QUICRX, GTLSSERVER, GTLSSERVER_SINGLY, CADDY = "quicrx", "gtlsserver", "gtlsserver, no GSO", "Caddy"


class Quicrx:
    """`quicrx run`, all by default; what is uploaded is thrown away."""

    def __init__(self, wire, site, *options):
        self.poller = poller.Poller(wire, site, "--discard-uploads", *options, upload_dir=False,
                                    prefix=on_cpu(SERVER_CPU), devices=(wire.server_device,))
        self.poller.wait_ready()
        self.pid = self.poller.process.pid

    def stop(self):
        self.poller.stop()


class Peer:
    """Another's server process: ready when its UDP port is bound."""

    def __init__(self, wire, site, name, command, **environment):
        self.log = open(site.folder / f"{name}.log", "w+", encoding="utf-8")
        self.process = subprocess.Popen(wire.enter(wire.server, on_cpu(SERVER_CPU, *command)), stdout=self.log,
                                        stderr=self.log, env={**os.environ, **environment})
        self.pid = self.process.pid
        limit = time.monotonic() + 20
        while not wire.run(wire.server, "ss", "-Hlun", f"sport = :{PORT}").stdout:
            if self.process.poll() is not None or time.monotonic() > limit:
                self.stop()
                self.log.seek(0)
                raise AssertionError(f"{name} did not start:\n{self.log.read()}")
            time.sleep(0.05)

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def gtlsserver(wire, site, *options, **environment):
    """An upload is read and thrown away."""
    return Peer(wire, site, "gtlsserver", [os.environ["GTLSSERVER"], "-q", "-d", str(site.root), *options, net.V4_SERVER,
                                           str(PORT), str(site.key), str(site.certificate)], **environment)


def gtlsserver_singly(wire, site):
    """Without UDP_SEGMENT, as on a kernel or a device that refuses it (tests/bench/without_gso.c)."""
    return gtlsserver(wire, site, LD_PRELOAD=str(poller.BUILD / "tests/bench/libwithout_gso.so"))


# None of Caddy's handlers reads an upload and throws it away: `respond` does not read, and a placeholder's value or a
# proxy's buffer holds all of it, which takes twice the CPU. Its templates have the request, and a part of a multipart body
# that is closed is read to its end first.
BOUNDARY = "part"
CADDYFILE = """{{
  admin off
  auto_https off
  skip_install_trust
  storage file_system {home}
}}
https://localhost:{port} {{
  tls {certificate} {key}
  handle /upload/* {{
    request_header Content-Type "multipart/form-data; boundary={boundary}"
    header Content-Type text/plain
    templates {{
      mime text/plain
    }}
    respond "{{{{ .Req.MultipartReader.NextPart.Close }}}}"
  }}
  root * {root}
  file_server
}}
"""


def upload_of(size):
    """Data of one part."""
    begin, end = f"--{BOUNDARY}\r\n\r\n".encode(), f"\r\n--{BOUNDARY}--\r\n".encode()
    return begin + os.urandom(size - len(begin) - len(end)) + end


def caddy(wire, site):
    home = site.folder / "caddy"
    home.mkdir(exist_ok=True)
    config = home / "Caddyfile"
    config.write_text(CADDYFILE.format(home=home, port=PORT, certificate=site.certificate, key=site.key, root=site.root,
                                       boundary=BOUNDARY),
                      encoding="utf-8")
    program = str(pathlib.Path(os.environ["CADDY"]) / "usr/bin/caddy")
    return Peer(wire, site, "caddy", [program, "run", "--config", str(config), "--adapter", "caddyfile"], HOME=str(home))


STARTS = {QUICRX: Quicrx, GTLSSERVER: gtlsserver, GTLSSERVER_SINGLY: gtlsserver_singly, CADDY: caddy}
