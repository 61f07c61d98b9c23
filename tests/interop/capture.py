# SPDX-License-Identifier: MIT
"""What a capture holds, read by tshark with the client's secrets, as the interop runner judges it."""

import dataclasses
import subprocess

import untranslated
from poller import PORT

V1, V2 = 1, 0x6B3343CF
KINDS = {V1: ("initial", "0rtt", "handshake", "retry"), V2: ("retry", "initial", "0rtt", "handshake")}
SERVER_PORTS = (PORT, PORT + 1)  # and the preferred address's
ECT_1, ECT_0, CE = 1, 2, 3
CERTIFICATE = 11
PADDING, ACK, ACK_ECN, PATH_RESPONSE = "0", "2", "3", "27"  # frame types

FIELDS = ("frame.number", "frame.time_epoch", "udp.length", "ip.dsfield.ecn", "ipv6.tclass.ecn", "quic.header_form",
          "quic.version", "quic.long.packet_type", "quic.long.packet_type_v2", "quic.dcid", "quic.scid",
          "quic.packet_number", "quic.token", "quic.retry_token", "quic.key_phase", "quic.frame_type",
          "quic.ack.ect0_count", "quic.path_challenge.data", "quic.path_response.data", "tls.handshake.type",
          "tls.handshake.ciphersuite", "tls.quic.parameter.initial_max_streams_bidi", "quic.crypto.offset",
          "quic.crypto.length", "quic.supported_version")


@dataclasses.dataclass
class Datagram:
    """One datagram; what its packets have are lists, in order."""

    time: float
    source: tuple
    destination: tuple
    size: int
    ecn: int
    kinds: list
    versions: list
    dcids: list
    scids: list
    numbers: list
    tokens: list
    retry_tokens: list
    key_phases: list
    frames: list
    ect0_counts: list
    challenges: list
    responses: list
    handshake_types: list
    cipher_suites: list
    max_streams: list
    crypto_end: int
    supported_versions: list

    @property
    def from_server(self):
        return self.source[1] in SERVER_PORTS


def kinds_of(forms, versions, types_v1, types_v2):
    """The kind of each packet. Types are listed for long headers only, and each version's by itself."""
    versions, types = iter(versions), {V1: iter(types_v1), V2: iter(types_v2)}
    kinds = []
    for form in forms:
        if form == "0":
            kinds.append("1rtt")
            continue
        version = next(versions, 0)
        if version == 0:
            kinds.append("version_negotiation")
        elif version in KINDS:
            number = next(types[version], None)
            kinds.append("broken" if number is None else KINDS[version][int(number)])
        else:
            kinds.append("unknown")
    return kinds


def parse_line(line, paths):
    values = dict(zip(FIELDS, (value.split(",") if value else [] for value in line.rstrip("\n").split("\t"))))
    source, destination = paths[int(values["frame.number"][0])]
    versions = [int(version, 16) for version in values["quic.version"]]
    offsets, lengths = values["quic.crypto.offset"], values["quic.crypto.length"]
    return Datagram(
        time=float(values["frame.time_epoch"][0]),
        source=source,
        destination=destination,
        size=int(values["udp.length"][0]) - 8,
        ecn=int((values["ip.dsfield.ecn"] or values["ipv6.tclass.ecn"])[0]),
        kinds=kinds_of(values["quic.header_form"], versions, values["quic.long.packet_type"],
                       values["quic.long.packet_type_v2"]),
        versions=versions,
        dcids=values["quic.dcid"],
        scids=values["quic.scid"],
        numbers=[int(number) for number in values["quic.packet_number"]],
        tokens=values["quic.token"],
        retry_tokens=values["quic.retry_token"],
        key_phases=[phase in ("1", "True") for phase in values["quic.key_phase"]],
        frames=values["quic.frame_type"],
        ect0_counts=values["quic.ack.ect0_count"],
        challenges=values["quic.path_challenge.data"],
        responses=values["quic.path_response.data"],
        handshake_types=[int(kind) for kind in values["tls.handshake.type"]],
        cipher_suites=values["tls.handshake.ciphersuite"],
        max_streams=[int(limit) for limit in values["tls.quic.parameter.initial_max_streams_bidi"]],
        crypto_end=max((int(offset) + int(length) for offset, length in zip(offsets, lengths)), default=0),
        supported_versions=[int(version, 16) for version in values["quic.supported_version"]])


def read_capture(path, secrets):
    """All QUIC datagrams of a capture."""
    copied = path.with_suffix(".untranslated.pcap")
    paths = untranslated.copy(path, copied)
    command = ["tshark", "-n", "-r", str(copied), "-Y", "quic && !icmp && !icmpv6", "--disable-protocol", "http3",
               "-T", "fields", "-E", "separator=/t", "-E", "aggregator=,"]
    for port in SERVER_PORTS:
        command += ["-d", f"udp.port=={port},quic"]
    if secrets.exists():
        command += ["-o", f"tls.keylog_file:{secrets}"]
    for field in FIELDS:
        command += ["-e", field]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return [parse_line(line, paths) for line in done.stdout.splitlines()]
