# SPDX-License-Identifier: MIT
"""The cases of the interop runner, and some of ours: who asks for what, over which network, and what must be seen."""

import dataclasses
import random
import string

import judges
from network import V4_SERVER, V6_SERVER
from poller import PORT

KB, MB = 1 << 10, 1 << 20

PLAIN = {"delay": 0.015, "kbit": 10_000, "queue": 25}


def both_ways(**settings):
    return {**PLAIN, "to_server": settings, "to_client": settings}


@dataclasses.dataclass(frozen=True)
class Case:
    name: str
    sizes: tuple  # of the files
    judges: tuple
    network: dict = dataclasses.field(default_factory=lambda: PLAIN)
    server: tuple = ()  # options of `quicrx run`
    ask: str = "download"  # what the client does: a method of its class
    address: str = V4_SERVER
    long_names: bool = False
    long_chain: bool = False
    cross_traffic: bool = False
    seconds: int = 60  # that the client may take
    sample: tuple = ()  # clients whose cell scripts/test runs

    def names(self):
        letters = random.Random(self.name)
        length = 250 if self.long_names else 12
        return ["".join(letters.choices(string.ascii_lowercase, k=length)) for _ in self.sizes]


STRAIGHT = (judges.one_handshake, judges.no_retry)
# With so much lost, some handshakes take many flights, each twice as late as the last: the server waits longer for their
# end, and sends again sooner, for quic-go's client gives up after ten seconds.
PATIENT = ("--handshake-timeout", "60", "--initial-rtt", "100")
REBINDING = {"first": 1.0, "every": 5.0}

CASES = (
    Case("handshake", (KB,), STRAIGHT, sample=("gtlsclient", "quic-go", "chromium")),
    Case("transfer", (2 * MB, 3 * MB, 5 * MB), STRAIGHT),
    Case("longrtt", (KB,), (judges.one_handshake, judges.client_hello_again), network={**PLAIN, "delay": 0.75}),
    Case("chacha20", (3 * MB,), (*STRAIGHT, judges.only_chacha20), ask="chacha20", sample=("quic-go",)),
    Case("multiplexing", (32,) * 1999, (*STRAIGHT, judges.stream_limit), sample=("quic-go",)),
    Case("retry", (10 * KB,), (judges.one_handshake, judges.retry_then_token), server=("--retry", "always"),
         sample=("gtlsclient", "quic-go")),
    # quic-go's client sends its request early as soon as a ticket lets it.
    Case("resumption", (5 * KB, 10 * KB), (judges.handshakes(2), judges.resumed), server=("--no-early-data",),
         ask="resumption", sample=("gtlsclient",)),
    # So far away that a client on a busy machine has sent all requests before the server's answer is there; and there is
    # room in the queue for a packet for each of them, for what is dropped comes again in 1-RTT.
    Case("zerortt", (32,) * 40, (judges.handshakes(2), judges.requests_in_0rtt),
         network={**PLAIN, "delay": 0.15, "queue": 100}, ask="zero_rtt", long_names=True, sample=("gtlsclient", "quic-go")),
    Case("http3", (5 * KB, 10 * KB, 500 * KB), STRAIGHT, ask="http3", sample=("chromium",)),
    Case("upload", (3 * MB,), STRAIGHT, ask="upload", sample=("chromium",)),
    Case("echo", (), STRAIGHT, server=("--alpn", "echo"), ask="echo", sample=("quic-go",)),  # streams and datagrams
    Case("perf", (), STRAIGHT, server=("--alpn", "perf"), ask="perf", sample=("quic-go",)),
    Case("blackhole", (10 * MB,), (judges.one_handshake, judges.hit("to_client", "dropped_by_black_hole")),
         network={**PLAIN, "black_hole": {"after": 4, "lasts": 2, "every": 7}}),
    Case("keyupdate", (3 * MB,), (judges.one_handshake, judges.both_key_phases), ask="key_update"),
    Case("keyupdate-server", (3 * MB,), (judges.one_handshake, judges.both_key_phases),
         server=("--key-update-after", str(MB))),
    Case("ecn", (100 * KB,), (judges.one_handshake, judges.ecn), sample=("quic-go",)),
    Case("ecn-marked", (2 * MB,), (judges.one_handshake, judges.congestion_marks_come_back),
         network=both_ways(mark=0.02)),
    Case("amplificationlimit", (5 * KB,), (judges.one_handshake, judges.amplification,
                                           judges.hit("to_server", "dropped_by_list")),
         network={**PLAIN, "to_server": {"drop": [2, 3, 4, 5, 6, 7]}}, long_chain=True, sample=("quic-go",)),
    Case("handshakeloss", (KB,) * 50, (judges.handshakes(50),), network=both_ways(loss=0.3), server=PATIENT,
         ask="each_alone", seconds=300),
    Case("transferloss", (2 * MB,), (judges.one_handshake, judges.hit("to_client", "dropped_by_loss")),
         network=both_ways(loss=0.02)),
    Case("handshakecorruption", (KB,) * 50, (judges.handshakes(50), judges.misled_by_damage_alone),
         network=both_ways(corrupt=0.3), server=PATIENT, ask="each_alone", seconds=300),
    Case("transfercorruption", (2 * MB,), (judges.one_handshake, judges.hit("to_client", "corrupted")),
         network=both_ways(corrupt=0.02), sample=("gtlsclient",)),
    Case("reordering", (2 * MB,), (judges.one_handshake, judges.hit("to_client", "reordered")),
         network=both_ways(reorder=0.05, duplicate=0.05)),
    Case("small-mtu", (2 * MB,), (judges.one_handshake, judges.hit("to_client", "dropped_by_mtu")),
         network=both_ways(mtu=1320)),
    Case("ipv6", (5 * KB, 10 * KB), (*STRAIGHT, judges.only_ipv6), address=V6_SERVER, sample=("gtlsclient",)),
    Case("v2", (KB,), (judges.one_handshake, judges.chose_v2), server=("--prefer-v2",), ask="compatible_v2",
         sample=("gtlsclient",)),
    Case("versionnegotiation", (KB,), (judges.negotiation_mirrors_ids,), ask="unknown_version",
         sample=("gtlsclient",)),
    Case("rebind-port", (10 * MB,), (judges.one_handshake, judges.challenged_at_once),
         network={**PLAIN, "rebind": {"what": "port", **REBINDING}}),
    Case("rebind-addr", (10 * MB,), (judges.one_handshake, judges.challenged_at_once, judges.addresses_changed),
         network={**PLAIN, "rebind": {"what": "address", **REBINDING}}),
    Case("rebind-addr-ipv6", (10 * MB,), (judges.one_handshake, judges.challenged_at_once,
                                          judges.addresses_changed),
         network={**PLAIN, "rebind": {"what": "address", **REBINDING}}, address=V6_SERVER),
    Case("migration", (2 * MB,), (judges.one_handshake, judges.challenged_before_use, judges.new_id_on_new_path),
         ask="migrate"),
    Case("connectionmigration", (2 * MB,), (judges.one_handshake, judges.challenged_before_use,
                                            judges.new_id_on_new_path),
         server=("--preferred-address", f"{V4_SERVER}:{PORT + 1}"), ask="preferred_address"),
    Case("goodput", (10 * MB,), (*STRAIGHT, judges.goodput(9000))),
    Case("goodput-bbr", (10 * MB,), (*STRAIGHT, judges.goodput(0)), server=("--congestion", "bbr")),
    Case("goodput-reno", (10 * MB,), (*STRAIGHT, judges.goodput(0)), server=("--congestion", "reno")),
    Case("crosstraffic", (25 * MB,), (*STRAIGHT, judges.goodput(0)), cross_traffic=True, seconds=180),
)
