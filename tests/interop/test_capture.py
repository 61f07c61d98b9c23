# SPDX-License-Identifier: MIT
"""How captures are read."""

import dataclasses

import frames
import judges
import pytest
import untranslated
from capture import V1, V2, Datagram, kinds_of
from evidence import MISLED
from pcap import PcapWriter, records
from rebinding import Rebinding
from test_middlebox import CLIENT, PORT, SERVER, from_client, udp_frame

pytestmark = pytest.mark.sample


def datagram(**values):
    filled = {field.name: [] for field in dataclasses.fields(Datagram)}
    return Datagram(**{**filled, "time": 0.0, "ecn": 2, "size": 1200, "crypto_end": 0, **values})


@pytest.mark.parametrize("forms, versions, types_v1, types_v2, kinds", [
    ("1", [V1], "0", "", ["initial"]),
    ("110", [V1, V1], "02", "", ["initial", "handshake", "1rtt"]),
    ("11", [V2, V2], "", "13", ["initial", "handshake"]),
    ("11", [V1, V2], "0", "1", ["initial", "initial"]),
    ("1", [V2], "", "0", ["retry"]),
    ("1", [0], "", "", ["version_negotiation"]),
    ("1", [0x1A2A3A4A], "", "", ["unknown"]),
    ("0", [], "", "", ["1rtt"]),
])
def test_kinds(forms, versions, types_v1, types_v2, kinds):
    assert kinds_of(forms, versions, types_v1, types_v2) == kinds


def test_a_rebound_capture_is_untranslated(tmp_path):
    rebound = from_client(4, b"later")
    Rebinding("address", first=0, every=100).to_server(rebound, frames.parse(rebound), 1)
    answer = udp_frame(4, (SERVER[4], PORT), (bytes([10, 9, 0, 101]), Rebinding.FIRST_PORT), b"answer")
    capture = PcapWriter(tmp_path / "seen.pcap")
    for frame in (from_client(4), rebound, answer):
        capture.write(1.5, frame)
    capture.close()
    paths = untranslated.copy(tmp_path / "seen.pcap", tmp_path / "copied.pcap")
    assert paths[2] == (("10.9.0.101", Rebinding.FIRST_PORT), ("10.9.0.1", PORT))
    assert [frame for _, frame in records(tmp_path / "copied.pcap")] == [
        from_client(4), from_client(4, b"later"), udp_frame(4, (SERVER[4], PORT), (CLIENT[4], 50000), b"answer")]


class Seen:
    """Evidence made by hand."""

    def __init__(self, *datagrams):
        self.datagrams, self.at_server, self.notes = datagrams, datagrams, {}

    def by_server(self):
        return [one for one in self.datagrams if one.from_server]

    def by_client(self):
        return [one for one in self.datagrams if not one.from_server]

    @property
    def at_client(self):
        return getattr(self, "arrived", self.datagrams)


HERE, THERE, ELSEWHERE = ("s", PORT), ("c", 1), ("c", 2)


def test_amplification_is_exact():
    asked = datagram(source=THERE, destination=HERE, kinds=["initial"], dcids=["ab"])
    answered = datagram(source=HERE, destination=THERE, kinds=["initial", "handshake"], scids=["cd", "cd"],
                        crypto_end=8000, size=3600)
    proven = datagram(source=THERE, destination=HERE, kinds=["handshake"], dcids=["cd"])
    judges.amplification(Seen(asked, answered, proven))
    with pytest.raises(AssertionError, match="3601 bytes sent for 1200"):
        judges.amplification(Seen(asked, dataclasses.replace(answered, size=3601), proven))


def test_a_new_path_is_challenged_at_once():
    before = datagram(source=HERE, destination=THERE, kinds=["1rtt"])
    challenge = datagram(source=HERE, destination=ELSEWHERE, kinds=["1rtt"], challenges=["12"], frames=["26", "0"])
    answer = datagram(source=ELSEWHERE, destination=HERE, kinds=["1rtt"], responses=["12"])
    acknowledgment = datagram(source=HERE, destination=ELSEWHERE, kinds=["1rtt"], frames=["2"])
    judges.challenged_at_once(Seen(before, challenge, answer))
    judges.challenged_before_use(Seen(before, acknowledgment, challenge, answer))
    for judge, seen in ((judges.challenged_at_once, (before, acknowledgment, challenge, answer)),
                        (judges.challenged_at_once, (before, challenge)),
                        (judges.challenged_before_use, (before, dataclasses.replace(acknowledgment, frames=["10"]),
                                                        challenge, answer))):
        with pytest.raises(AssertionError):
            judge(Seen(*seen))


def test_who_was_misled_saw_damage():
    def judge(sent, arrived, came_back):
        answer = datagram(source=HERE, destination=THERE, kinds=["version_negotiation"], supported_versions=sent)
        seen = Seen(answer)
        seen.arrived = [dataclasses.replace(answer, supported_versions=arrived)]
        seen.notes = {MISLED: came_back}
        judges.misled_by_damage_alone(seen)

    judge([V1, V2], [0xE301, V2], 1)
    judge([V1, V2], [V1, V2], 0)
    for what in (([V1, V2], [V1, V2], 1), ([V2], [V2], 1), ([V1], [0xE301], 2)):
        with pytest.raises(AssertionError):
            judge(*what)
