# SPDX-License-Identifier: MIT
"""Chromium's DevTools protocol over a pair of pipes: JSON messages that end in a zero byte."""

import fcntl
import json
import os
import select
import subprocess
import time

FOR_COMMANDS, FOR_ANSWERS = 3, 4  # the browser's ends


class DevTools:
    def __init__(self, start, seconds):
        """`start` gets Popen's keywords and starts a browser with --remote-debugging-pipe."""
        self.limit = time.monotonic() + seconds
        theirs_in, self.commands = (fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10) for end in os.pipe())
        self.answers, theirs_out = (fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10) for end in os.pipe())

        def place():
            os.dup2(theirs_in, FOR_COMMANDS)
            os.dup2(theirs_out, FOR_ANSWERS)

        self.process = start(preexec_fn=place, pass_fds=(FOR_COMMANDS, FOR_ANSWERS))
        os.close(theirs_in)
        os.close(theirs_out)
        self.buffer = b""
        self.number = 0
        self.session = None

    def message(self):
        while b"\0" not in self.buffer:
            left = self.limit - time.monotonic()
            assert left > 0 and select.select([self.answers], [], [], left)[0], "the browser does not answer"
            data = os.read(self.answers, 1 << 20)
            assert data, f"the browser has ended: {self.process.poll()}"
            self.buffer += data
        one, self.buffer = self.buffer.split(b"\0", 1)
        return json.loads(one)

    def call(self, method, **parameters):
        self.number += 1
        command = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            command["sessionId"] = self.session
        os.write(self.commands, json.dumps(command).encode() + b"\0")
        while (answer := self.message()).get("id") != self.number:
            pass
        assert "error" not in answer, f"{method}: {answer['error']}"
        return answer["result"]

    def open(self, url):
        """A tab with that page."""
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self.call("Page.enable")
        went = self.call("Page.navigate", url=url)
        assert "errorText" not in went, went
        while self.message().get("method") != "Page.loadEventFired":
            pass

    def evaluate(self, script):
        """What the script's promise comes to."""
        result = self.call("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in result, result["exceptionDetails"]
        return result["result"].get("value")

    def close(self):
        try:
            self.session = None
            self.call("Browser.close")
            self.process.wait(timeout=10)
        except (AssertionError, OSError, subprocess.TimeoutExpired):
            self.process.kill()
        finally:
            self.process.wait()
            os.close(self.commands)
            os.close(self.answers)
