# SPDX-License-Identifier: MIT
"""A NAT that forgets: after a time, and then again and again, the client has another port, or another address."""

import frames


class Rebinding:
    """`what` is "port" or "address" (with which the port changes too). Packets to a forgotten binding are lost.

    The client's namespace has the other addresses, so that ARP and neighbour discovery find them: those whose last
    byte is FIRST_ADDRESS and upwards.
    """

    FIRST_ADDRESS, ADDRESSES = 101, 20
    FIRST_PORT, PORTS = 20000, 12000  # below the kernel's own choice of ports

    def __init__(self, what, first, every):
        self.what = what
        self.first = first
        self.every = every
        self.bindings = {}  # the client's (address, port) -> (number of rebindings, what it has become)
        self.back = {}
        self.next_port = self.FIRST_PORT

    def rebindings(self, age):
        """How many there were so many seconds after the first packet."""
        return 0 if age < self.first else 1 + int((age - self.first) / self.every)

    def outside(self, inside, count):
        """What the server sees of the client."""
        known = self.bindings.get(inside)
        if known and known[0] == count:
            return known[1]
        if known:
            del self.back[known[1]]
        address, port = inside
        if count:
            port = self.next_port
            self.next_port = self.FIRST_PORT + (self.next_port + 1 - self.FIRST_PORT) % self.PORTS
            if self.what == "address":
                address = address[:-1] + bytes([self.FIRST_ADDRESS + (count - 1) % self.ADDRESSES])
        self.bindings[inside] = (count, (address, port))
        self.back[(address, port)] = inside
        return address, port

    def to_server(self, frame, packet, age):
        begin, end = packet.source
        inside = bytes(frame[begin:end]), frames.port(frame, packet, "source")
        address, port = self.outside(inside, self.rebindings(age))
        frames.replace_address(frame, packet, packet.source, address)
        frames.replace_port(frame, packet, "source", port)

    def to_client(self, frame, packet):
        """Whether the binding is still known."""
        begin, end = packet.destination
        inside = self.back.get((bytes(frame[begin:end]), frames.port(frame, packet, "destination")))
        if inside is None:
            return False
        frames.replace_address(frame, packet, packet.destination, inside[0])
        frames.replace_port(frame, packet, "destination", inside[1])
        return True
