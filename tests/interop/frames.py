# SPDX-License-Identifier: MIT
"""Ethernet frames that hold UDP or TCP: where things are in them, and changing them with the checksums mended."""

import dataclasses

ETHERNET = 14
TCP, UDP = 6, 17
CHECKSUM_AT = {TCP: 16, UDP: 6}


@dataclasses.dataclass
class Packet:
    """Offsets into a frame. What has extension headers or is a fragment is not taken for a packet."""

    version: int
    protocol: int
    transport: int  # where the transport header begins
    end: int  # where the IP packet ends: a short frame is padded

    @property
    def source(self):
        """Where the source address is, and where it ends."""
        return (ETHERNET + 12, ETHERNET + 16) if self.version == 4 else (ETHERNET + 8, ETHERNET + 24)

    @property
    def destination(self):
        return (ETHERNET + 16, ETHERNET + 20) if self.version == 4 else (ETHERNET + 24, ETHERNET + 40)

    @property
    def checksum(self):
        return self.transport + CHECKSUM_AT[self.protocol]

    @property
    def payload(self):
        return self.transport + 8


def parse(frame):
    """The UDP or TCP packet of a frame, or nothing."""
    kind = bytes(frame[12:14])
    if kind == b"\x08\x00" and len(frame) >= 42:
        header = (frame[14] & 15) * 4
        fragment = int.from_bytes(frame[20:22], "big") & 0x3FFF
        packet = Packet(4, frame[23], ETHERNET + header, ETHERNET + int.from_bytes(frame[16:18], "big"))
        if fragment:
            return None
    elif kind == b"\x86\xdd" and len(frame) >= 62:
        packet = Packet(6, frame[20], ETHERNET + 40, ETHERNET + 40 + int.from_bytes(frame[18:20], "big"))
    else:
        return None
    if packet.protocol not in CHECKSUM_AT or packet.end > len(frame) or packet.transport + 8 > packet.end:
        return None
    return packet


def port(frame, packet, which):
    at = packet.transport + (0 if which == "source" else 2)
    return int.from_bytes(frame[at:at + 2], "big")


def folded(total):
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total


def words(data):
    data = bytes(data) + b"\0" * (len(data) % 2)
    return sum(int.from_bytes(data[at:at + 2], "big") for at in range(0, len(data), 2))


def mended(checksum, before, after):
    """The checksum once `before` has become `after`: RFC 1624, equation 3."""
    inverse = sum(0xFFFF ^ int.from_bytes(before[at:at + 2], "big") for at in range(0, len(before), 2))
    return 0xFFFF ^ folded((0xFFFF ^ checksum) + inverse + words(after))


def mend(frame, at, before, after, of_udp=False):
    checksum = int.from_bytes(frame[at:at + 2], "big")
    if of_udp and checksum == 0:
        return  # the sender made none
    checksum = mended(checksum, before, after)
    frame[at:at + 2] = ((checksum or 0xFFFF) if of_udp else checksum).to_bytes(2, "big")


def replace_address(frame, packet, place, address):
    begin, end = place
    before = bytes(frame[begin:end])
    frame[begin:end] = address
    if packet.version == 4:
        mend(frame, ETHERNET + 10, before, address)
    mend(frame, packet.checksum, before, address, packet.protocol == UDP)


def replace_port(frame, packet, which, number):
    at = packet.transport + (0 if which == "source" else 2)
    before, after = bytes(frame[at:at + 2]), number.to_bytes(2, "big")
    frame[at:at + 2] = after
    mend(frame, packet.checksum, before, after, packet.protocol == UDP)


def replace_byte(frame, packet, at, value):
    """One byte of the payload."""
    word = at - (at - packet.transport) % 2
    before = bytes(frame[word:min(word + 2, packet.end)]).ljust(2, b"\0")
    frame[at] = value
    after = bytes(frame[word:min(word + 2, packet.end)]).ljust(2, b"\0")
    mend(frame, packet.checksum, before, after, packet.protocol == UDP)


def mark_congestion(frame, packet):
    """Congestion experienced, if the sender said it would understand; whether it did."""
    if packet.version == 4:
        if frame[15] & 3 == 0:
            return False
        before = bytes(frame[14:16])
        frame[15] |= 3
        mend(frame, ETHERNET + 10, before, bytes(frame[14:16]))
    else:
        if frame[15] >> 4 & 3 == 0:
            return False
        frame[15] |= 0x30
    return True
