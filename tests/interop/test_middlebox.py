# SPDX-License-Identifier: MIT
"""The middlebox's parts, on frames made by hand."""

import random
import struct

import frames
import pytest
from bursts import Bursts
from link import Link
from rebinding import Rebinding
from way import Clock, Way

pytestmark = pytest.mark.sample

CLIENT = {4: bytes([10, 9, 0, 2]), 6: bytes.fromhex("fd09" + "00" * 13 + "02")}
SERVER = {4: bytes([10, 9, 0, 1]), 6: bytes.fromhex("fd09" + "00" * 13 + "01")}
PORT = 4433


def ones_complement(data):
    return 0xFFFF ^ frames.folded(frames.words(data))


def udp_frame(version, source, destination, payload, ecn=2):
    """A whole frame between two (address, port)s, with right checksums."""
    length = 8 + len(payload)
    udp = bytearray(struct.pack("!HHHH", source[1], destination[1], length, 0) + payload)
    pseudo = source[0] + destination[0] + struct.pack("!IHBB", length, 0, 0, 17)
    udp[6:8] = struct.pack("!H", ones_complement(pseudo + udp) or 0xFFFF)
    if version == 4:
        ip = bytearray(struct.pack("!BBHHHBBH", 0x45, ecn, 20 + length, 0, 0, 64, 17, 0) + source[0] + destination[0])
        ip[10:12] = struct.pack("!H", ones_complement(ip))
    else:
        ip = struct.pack("!IHBB", 6 << 28 | ecn << 20, length, 17, 64) + source[0] + destination[0]
    return bytearray(bytes(12) + (b"\x08\x00" if version == 4 else b"\x86\xdd") + ip + udp)


def from_client(version, payload=b"hello!!", port=50000):
    return udp_frame(version, (CLIENT[version], port), (SERVER[version], PORT), payload)


def expect_right(frame):
    """Its checksums are what they would be had it been made so."""
    packet = frames.parse(frame)
    ends = [(bytes(frame[slice(*getattr(packet, which))]), frames.port(frame, packet, which))
            for which in ("source", "destination")]
    ecn = frame[15] & 3 if packet.version == 4 else frame[15] >> 4 & 3
    assert frame == udp_frame(packet.version, *ends, bytes(frame[packet.payload:packet.end]), ecn)


def way(towards="server", rebinding=None, **scenario):
    return Way(towards, {"port": PORT, **scenario}, Clock(), rebinding, seed=1)


def test_mended_checksums():
    generator = random.Random(1)
    for _ in range(2000):
        data = bytearray(generator.randbytes(40))
        before = bytes(data)
        at = generator.randrange(0, 39, 2)
        data[at:at + 2] = generator.randbytes(2)
        assert frames.mended(ones_complement(before), before[at:at + 2], data[at:at + 2]) % 0xFFFF == \
            ones_complement(data) % 0xFFFF


@pytest.mark.parametrize("version", [4, 6])
@pytest.mark.parametrize("payload", [b"even", b"odd", b"x"])
def test_a_corrupted_byte(version, payload):
    for at in range(len(payload)):
        frame = from_client(version, payload)
        packet = frames.parse(frame)
        frames.replace_byte(frame, packet, packet.payload + at, 0xA5)
        assert frame[packet.payload + at] == 0xA5
        expect_right(frame)


@pytest.mark.parametrize("version", [4, 6])
def test_what_is_changed_of_headers(version):
    frame = from_client(version)
    assert frames.mark_congestion(frame, frames.parse(frame))
    expect_right(frame)
    unmarked = udp_frame(version, (CLIENT[version], 1), (SERVER[version], PORT), b"", ecn=0)
    assert not frames.mark_congestion(unmarked, frames.parse(unmarked))


@pytest.mark.parametrize("version", [4, 6])
@pytest.mark.parametrize("what", ["port", "address"])
def test_rebinding_there_and_back(version, what):
    rebinding = Rebinding(what, first=1, every=5)
    seen = []
    for age in (0, 0.9, 1, 5.9, 6, 11):
        frame = from_client(version)
        packet = frames.parse(frame)
        rebinding.to_server(frame, packet, age)
        expect_right(frame)
        outside = bytes(frame[slice(*packet.source)]), frames.port(frame, packet, "source")
        seen.append(outside)
        answer = udp_frame(version, (SERVER[version], PORT), outside, b"answer")
        assert rebinding.to_client(answer, frames.parse(answer))
        expect_right(answer)
        assert frames.port(answer, frames.parse(answer), "destination") == 50000
        assert answer[slice(*frames.parse(answer).destination)] == CLIENT[version]
    assert seen[0] == seen[1] == (CLIENT[version], 50000)
    assert seen[2] == seen[3]
    assert len(set(seen)) == 4
    assert len({address for address, _ in seen}) == (1 if what == "port" else 4)
    late = udp_frame(version, (SERVER[version], PORT), seen[2], b"late")
    assert not rebinding.to_client(late, frames.parse(late)), "a forgotten binding"


def test_two_clients_keep_two_bindings():
    rebinding = Rebinding("port", first=0, every=100)
    outside = set()
    for port in (50000, 50001, 50000):
        frame = from_client(4, port=port)
        rebinding.to_server(frame, frames.parse(frame), 1)
        outside.add(frames.port(frame, frames.parse(frame), "source"))
    assert len(outside) == 2


def test_bursts_are_bounded_and_the_rate_is_held():
    bursts = Bursts(0.3, 3, random.Random(1))
    hits = [bursts.hit() for _ in range(100_000)]
    rows = "".join("x" if hit else " " for hit in hits).split()
    assert max(map(len, rows)) == 3
    assert 0.28 < sum(hits) / len(hits) < 0.31


def test_a_link_sends_at_its_rate_and_drops_what_the_queue_cannot_hold():
    link = Link(delay=0.015, kbit_per_second=10_000, queue_packets=25)
    due = [link.admit(0.0, 1250) for _ in range(30)]
    assert due[:26] == pytest.approx([0.015 + (1 + index) * 0.001 for index in range(26)])
    assert due[26:] == [None] * 4, "one is being sent and 25 wait"
    assert link.admit(0.0011, 1250) == pytest.approx(0.015 + 0.027), "one has left the queue"


def test_the_same_seed_does_the_same():
    hurt = {"loss": 0.2, "corrupt": 0.2, "duplicate": 0.1, "reorder": 0.1, "mark": 0.1}

    def passed():
        one = way(to_server=hurt)
        return [one.carry(from_client(4, bytes([index]) * 50), index) for index in range(200)]

    assert passed() == passed()


def test_only_the_quic_port_suffers():
    one = way(delay=0.015, to_server={"loss": 1.0, "burst": 1 << 30})
    assert one.carry(from_client(4), 1) == []
    other = udp_frame(4, (CLIENT[4], 50000), (SERVER[4], 53), b"question")
    assert one.carry(other, 1) == [(1, other)]
    arp = bytearray(bytes(12) + b"\x08\x06" + bytes(28))
    assert one.carry(arp, 1) == [(1, arp)]
    assert one.counts["dropped_by_loss"] == 1 and one.counts["others"] == 2


def test_the_list_the_black_hole_and_the_mtu():
    listed = way(to_server={"drop": [2, 3]})
    assert [bool(listed.carry(from_client(4), 0)) for _ in range(5)] == [True, False, False, True, True]
    hole = way(black_hole={"after": 5, "lasts": 2, "every": 7})
    assert [bool(hole.carry(from_client(4), 100 + age)) for age in (0, 4.9, 5, 6.9, 7, 11.9, 12.1)] == \
        [True, True, False, False, True, True, False]
    narrow = way(to_server={"mtu": 1300})
    assert narrow.carry(from_client(4, bytes(1272)), 0) and not narrow.carry(from_client(4, bytes(1273)), 0)
