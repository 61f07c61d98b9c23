# SPDX-License-Identifier: MIT
"""A TCP flow (cubic) from the server's host to the client's, through the same queue."""

import subprocess

from network import V4_SERVER

TCP_PORT = 5201
SEND = f"""
import socket
listener = socket.create_server(("{V4_SERVER}", {TCP_PORT}))
listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, b"cubic")
print("ready", flush=True)
flow, _ = listener.accept()
try:
    while True:
        flow.sendall(bytes(1 << 16))
except OSError:
    pass
"""
# Prints the rate at which it received when it is told to stop, by the end of its input.
RECEIVE = f"""
import select, socket, sys, time
flow = socket.create_connection(("{V4_SERVER}", {TCP_PORT}))
begin, received = time.monotonic(), 0
while sys.stdin not in (readable := select.select([flow, sys.stdin], [], [])[0]):
    received += len(flow.recv(1 << 16))
print(round(received * 8 / 1000 / (time.monotonic() - begin)))
"""


class Flow:
    def __init__(self, network):
        self.sender = network.start(network.server, "/usr/bin/python3", "-c", SEND, stdout=subprocess.PIPE)
        assert self.sender.stdout.readline() == "ready\n"
        self.receiver = network.start(network.client, "/usr/bin/python3", "-c", RECEIVE, stdin=subprocess.PIPE,
                                      stdout=subprocess.PIPE)

    def stop(self):
        """Its kbit/s."""
        rate = int(self.receiver.communicate(timeout=20)[0])
        self.sender.communicate(timeout=20)
        return rate
