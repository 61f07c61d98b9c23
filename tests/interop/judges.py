# SPDX-License-Identifier: MIT
"""The interop runner's criteria, each an assertion about the Evidence of a run."""

from capture import ACK, ACK_ECN, CE, CERTIFICATE, ECT_0, ECT_1, PADDING, PATH_RESPONSE, V1, V2
from evidence import GIVEN_UP, MISLED, with_kind


def server_connections(evidence):
    """The IDs that the server gave itself in its Initials: one for each handshake."""
    return list(dict.fromkeys(datagram.scids[datagram.kinds.index("initial")]
                              for datagram in with_kind(evidence.by_server(), "initial")))


def handshakes(count):
    def judge(evidence):
        found = len(server_connections(evidence))
        most = count + evidence.notes.get(GIVEN_UP, 0)
        assert count <= found <= most, f"{found} handshakes, not {count}"
    return judge


one_handshake = handshakes(1)


def misled_by_damage_alone(evidence):
    """A first Initial whose version was damaged is answered by Version Negotiation, which has no integrity: damaged too,
    it can tell a client that the server does not speak v1. None that the server sent may."""
    sent = with_kind(evidence.by_server(), "version_negotiation")
    assert all(V1 in datagram.supported_versions for datagram in sent), "Version Negotiation without v1"
    arrived = [datagram for datagram in with_kind(evidence.at_client, "version_negotiation") if datagram.from_server]
    misleading = sum(V1 not in datagram.supported_versions for datagram in arrived)
    assert misleading >= evidence.notes.get(MISLED, 0), "the client took Version Negotiation that lists its version"


def no_retry(evidence):
    assert not with_kind(evidence.by_server(), "retry"), "a Retry was sent"


def client_hello_again(evidence):
    """With so long a round trip the client sends its first flight again; the server must not take it for another."""
    hellos = with_kind(evidence.by_client(), "initial")
    assert len(hellos) >= 2, "the client was not made to repeat itself"


def stream_limit(evidence):
    limits = [limit for datagram in evidence.by_server() for limit in datagram.max_streams]
    assert limits and max(limits) <= 1000, f"initial stream limits: {limits}"


def only_chacha20(evidence):
    offered = {suite for datagram in with_kind(evidence.by_client(), "initial") for suite in datagram.cipher_suites}
    assert offered == {"0x1303"}, offered


def retry_then_token(evidence):
    given = {token for datagram in with_kind(evidence.at_client, "retry") for token in datagram.retry_tokens}
    assert given, "no Retry was sent"
    highest = -1
    for datagram in with_kind(evidence.by_client(), "initial"):
        tokens, number = [token for token in datagram.tokens if token], datagram.numbers[0]
        if not tokens:
            highest = max(highest, number)
            continue
        assert number > highest, f"packet number {number} after {highest}"
        assert set(tokens) <= given, "the token is not the Retry's"
        return
    raise AssertionError("no Initial with a token")


def resumed(evidence):
    """Two handshakes, the second without a certificate."""
    first, second = server_connections(evidence)
    with_certificate = {scid for datagram in evidence.by_server() if CERTIFICATE in datagram.handshake_types
                        for scid in datagram.scids}
    assert first in with_certificate, "no certificate in the first handshake"
    assert second not in with_certificate, "a certificate in the second handshake"


def requests_in_0rtt(evidence):
    """The names alone would fill twice what may remain for 1-RTT."""
    early = with_kind(evidence.by_client(), "0rtt")
    assert early, "no 0-RTT packet"
    late = sum(datagram.size for datagram in evidence.by_client() if datagram.kinds == ["1rtt"])
    evidence.notes["0-RTT packets"] = len(early)
    assert late <= sum(map(len, evidence.names)) / 2, f"{late} bytes in 1-RTT packets"


def both_key_phases(evidence):
    for who, datagrams in (("client", evidence.by_client()), ("server", evidence.by_server())):
        phases = {phase for datagram in datagrams for phase in datagram.key_phases}
        assert phases == {False, True}, f"key phases of the {who}: {phases}"


def versions(datagrams, kind):
    return {datagram.versions[datagram.kinds.index(kind)] for datagram in with_kind(datagrams, kind)}


def chose_v2(evidence):
    assert V1 in versions(evidence.by_client(), "initial"), "the client did not begin with v1"
    assert V2 in versions(evidence.by_server(), "initial"), "the server did not choose v2"
    assert versions(evidence.by_client(), "handshake") == {V2}
    assert versions(evidence.by_server(), "handshake") == {V2}


def negotiation_mirrors_ids(evidence):
    asked = next(datagram for datagram in evidence.by_client())
    answers = with_kind(evidence.by_server(), "version_negotiation")
    assert answers, "no Version Negotiation packet"
    for answer in answers:  # an empty ID is none to tshark
        assert (answer.scids, answer.dcids) == (asked.dcids, asked.scids)


def ecn(evidence):
    """Marks of both, none lost, counts of both. While a path is being tried, a sender may leave packets unmarked."""
    for who, datagrams in (("client", evidence.by_client()), ("server", evidence.by_server())):
        marks = [datagram.ecn for datagram in datagrams]
        assert CE not in marks
        assert ECT_0 in marks or ECT_1 in marks, f"the {who} marks nothing"
        assert any(datagram.ect0_counts for datagram in datagrams), f"no ACK_ECN from the {who}"
        evidence.notes[f"{who}'s marked"] = f"{len(marks) - marks.count(0)} of {len(marks)}"


def congestion_marks_come_back(evidence):
    assert evidence.counts["to_client"].get("marked"), "the network marked nothing"
    assert any(datagram.ect0_counts for datagram in evidence.by_client()), "no ACK_ECN from the client"


def amplification(evidence):
    """Never more than three times what came, until the client's first Handshake packet (or an ID of the server's)."""
    crypto = max(datagram.crypto_end for datagram in with_kind(evidence.by_server(), "handshake"))
    assert crypto >= 7500, f"only {crypto} bytes of handshake: not the long chain?"
    ours = set(server_connections(evidence))
    received = sent = 0
    for datagram in evidence.at_server:
        if datagram.from_server:
            sent += datagram.size
            assert sent <= 3 * received, f"{sent} bytes sent for {received} received"
        elif "handshake" in datagram.kinds or datagram.dcids[0] in ours:
            evidence.notes["sent before validation"] = f"{sent} for {received}"
            return
        else:
            received += datagram.size
    raise AssertionError("the client's address was never validated")


def new_paths(datagrams):
    """The first datagram of each path but the first."""
    known, firsts = set(), []
    for datagram in datagrams:
        path = datagram.source, datagram.destination
        if known and path not in known:
            firsts.append(datagram)
        known.add(path)
    return firsts


def challenged(evidence, firsts):
    assert firsts, "no path but one was used"
    for datagram in firsts:
        assert datagram.challenges, f"no PATH_CHALLENGE in the first packet to {datagram.destination}"
    responses = {response for datagram in evidence.by_client() for response in datagram.responses}
    unanswered = [challenge for datagram in firsts for challenge in datagram.challenges if challenge not in responses]
    assert not unanswered, f"challenges without a response: {unanswered}"
    evidence.notes["new paths"] = len(firsts)


def challenged_at_once(evidence):
    """The first packet on each new path is a challenge."""
    challenged(evidence, new_paths(evidence.by_server()))


def challenged_before_use(evidence):
    """A client that migrates by itself probes before it goes: it may be answered and acknowledged before that."""
    answers = {PADDING, ACK, ACK_ECN, PATH_RESPONSE}
    challenged(evidence, new_paths(datagram for datagram in evidence.by_server()
                                   if not datagram.frames or not set(datagram.frames) <= answers))


def addresses_changed(evidence):
    assert len({datagram.destination[0] for datagram in evidence.by_server()}) > 1


def new_id_on_new_path(evidence):
    """The client's packets to or from another address bear another ID of the server's."""
    before = None
    firsts = {id(datagram) for datagram in new_paths(evidence.by_client())}
    assert firsts, "the client did not migrate"
    for datagram in evidence.by_client():
        if id(datagram) in firsts:
            assert datagram.dcids[0] != before, f"the ID {before} was used again to {datagram.destination}"
        before = datagram.dcids[0]


def only_ipv6(evidence):
    assert all(":" in datagram.source[0] for datagram in evidence.at_server)


def kbit_per_second(evidence):
    times = [datagram.time for datagram in evidence.at_client if datagram.from_server and "1rtt" in datagram.kinds]
    return sum(evidence.sizes) * 8 / 1000 / (max(times) - min(times))


def goodput(least):
    def judge(evidence):
        rate = kbit_per_second(evidence)
        evidence.notes["kbit/s"] = round(rate)
        assert rate >= least, f"{rate:.0f} kbit/s, less than {least}"
    return judge


def hit(direction, reason):
    """The network did what the case is about."""
    def judge(evidence):
        assert evidence.counts[direction].get(reason, 0) > 0, f"{direction}: nothing {reason}"
    return judge
