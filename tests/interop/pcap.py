# SPDX-License-Identifier: MIT
"""Captures, as tshark reads them."""

import struct


class PcapWriter:
    def __init__(self, path):
        self.file = open(path, "wb")
        self.file.write(struct.pack("=IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))

    def write(self, seconds, frame):
        whole = int(seconds)
        self.file.write(struct.pack("=IIII", whole, int((seconds - whole) * 1e6), len(frame), len(frame)) + frame)

    def close(self):
        self.file.close()


def records(path):
    """Each frame of a capture that a PcapWriter made, with its record's header."""
    with open(path, "rb") as file:
        file.seek(24)
        while header := file.read(16):
            yield header, bytearray(file.read(struct.unpack("=IIII", header)[2]))
