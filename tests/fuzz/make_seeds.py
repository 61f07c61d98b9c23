#!/usr/bin/env python3
"""Writes the seeds of the fuzzers into tests/fuzz/corpus: what is worth starting from, readable here. Inputs that once
broke something lie beside them as regression-NAME and are not made here."""
import struct
from pathlib import Path

CORPUS = Path(__file__).parent / "corpus"


def seed(fuzzer, name, content):
    folder = CORPUS / fuzzer
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content)


# Frames: as in tests/bpf/packet.cpp.

V4_CLIENT, V4_OURS = bytes([198, 51, 100, 7]), bytes([192, 0, 2, 1])
V6_CLIENT, V6_OURS = bytes.fromhex("20010db8" + "00" * 11 + "09"), bytes.fromhex("20010db8" + "00" * 11 + "01")


def ethernet(protocol, rest, vlans=()):
    tags = b"".join(struct.pack(">HH", vlan, 100) for vlan in vlans)
    return bytes([2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2]) + tags + struct.pack(">H", protocol) + rest


def ipv4(rest, fragment=0, options=b"", protocol=17, tos=2):
    header = struct.pack(">BBHHHBBH", 0x45 + len(options) // 4, tos, 20 + len(options) + len(rest), 0, fragment, 64, protocol,
                         0)
    return header + V4_CLIENT + V4_OURS + options + rest


def ipv6(rest, following=17):
    return struct.pack(">IHBB", 0x60100000, len(rest), following, 64) + V6_CLIENT + V6_OURS + rest


def extension(following, units, rest):
    return bytes([following, units]) + bytes((units + 1) * 8 - 2) + rest


def udp(payload, port=4433, error=0):
    return struct.pack(">HHHH", 50000, port, 8 + len(payload) + error, 0) + payload


def quic_long(first=0xC0, version=1, dcid=8, scid=8, size=1200):
    packet = struct.pack(">BIB", first, version, dcid) + b"\xd0" * dcid + bytes([scid]) + b"\x50" * scid
    return packet + b"\x77" * (size - len(packet))


SHORT = b"\x40" + b"\x77" * 30
FRAMES = {
    "v4-initial": ethernet(0x0800, ipv4(udp(quic_long()))),
    "v4-short-packet": ethernet(0x0800, ipv4(udp(SHORT))) + bytes(6),
    "v4-options": ethernet(0x0800, ipv4(udp(SHORT), options=b"\x01" * 8)),
    "v4-fragment": ethernet(0x0800, ipv4(udp(SHORT), fragment=0x2000)),
    "v4-tcp": ethernet(0x0800, ipv4(udp(SHORT), protocol=6)),
    "v4-wrong-udp-length": ethernet(0x0800, ipv4(udp(SHORT, error=1))),
    "v4-empty": ethernet(0x0800, ipv4(udp(b""))),
    "v4-too-short": ethernet(0x0800, ipv4(udp(SHORT[:10]))),
    "v4-other-port": ethernet(0x0800, ipv4(udp(SHORT, port=4434))),
    "v4-handshake": ethernet(0x0800, ipv4(udp(quic_long(0xE0, size=60)))),
    "v4-small-initial": ethernet(0x0800, ipv4(udp(quic_long(size=100)))),
    "v4-long-ids": ethernet(0x0800, ipv4(udp(quic_long(0xE0, dcid=21, size=100)))),
    "v4-version-negotiation": ethernet(0x0800, ipv4(udp(quic_long(version=0, size=60)))),
    "v4-unknown-version": ethernet(0x0800, ipv4(udp(quic_long(version=0xBABABABA)))),
    "v4-version-2": ethernet(0x0800, ipv4(udp(quic_long(0xD0, version=0x6B3343CF)))),
    "v6-initial": ethernet(0x86DD, ipv6(udp(quic_long()))),
    "v6-short-packet": ethernet(0x86DD, ipv6(udp(SHORT))),
    "v6-two-tags": ethernet(0x86DD, ipv6(udp(SHORT)), (0x88A8, 0x8100)),
    "v6-hop-by-hop": ethernet(0x86DD, ipv6(extension(60, 0, extension(17, 1, udp(SHORT))), 0)),
    "v6-routing": ethernet(0x86DD, ipv6(extension(17, 2, udp(SHORT)), 43)),
    "v6-authentication": ethernet(0x86DD, ipv6(bytes([17, 4]) + bytes(22) + udp(SHORT), 51)),
    "v6-fragment": ethernet(0x86DD, ipv6(extension(17, 0, udp(SHORT)), 44)),
    "arp": ethernet(0x0806, bytes(28)),
}


def frames():
    for name, frame in FRAMES.items():
        seed("headers", name, frame)
        for switches in (4, 13) if "initial" in name or "short" in name else (4,):
            seed("xdp_parser", f"{name}-{switches}", bytes([switches, 60]) + frame)


# Frames of QUIC (RFC 9000 section 19) and of HTTP/3, and the operations of connection.cpp, datagram.cpp and h3.cpp.

H3, HQ, PERF, ECHO = 0x30, 0x31, 0x32, 0x33  # protocol, and the handshake complete
PACKET, HANDSHAKE, INITIAL, PASS, ACKNOWLEDGE, ADVANCE = 0, 3, 4, 5, 6, 7
COALESCE, LARGE, ELSEWHERE, CONGESTION, PADDED = 8, 16, 32, 64, 128


def varint(value):
    return bytes([value]) if value < 64 else struct.pack(">H", 0x4000 | value)


def say(frames, operation=PACKET):
    if len(frames) < 256:
        return bytes([operation, len(frames)]) + frames
    return bytes([operation | LARGE]) + struct.pack(">H", len(frames)) + frames


def wait(exponent):
    return bytes([PASS, exponent])


def stream(number, content, fin=True, offset=None):
    kind = 0x0A | fin | (4 if offset is not None else 0)
    return (bytes([kind]) + varint(number) + (varint(offset) if offset is not None else b"") + varint(len(content))
            + content)


def crypto(content, offset=0):
    return b"\x06" + varint(offset) + varint(len(content)) + content


def block(kind, content):
    return varint(kind) + varint(len(content)) + content


def literal(name_index, value):
    return bytes([0x50 | name_index]) + varint(len(value)) + value


def request(method=0xD1, path=b"/", more=b""):
    return block(1, b"\0\0" + bytes([method, 0xD7]) + literal(0, b"localhost") + literal(1, path) + more)


GET, HEAD, POST, PUT = 0xD1, 0xD2, 0xD4, 0xD5
CONTROL = b"\0" + block(4, bytes.fromhex("0150000740100616"))
ENCODER_INSERT = b"\x02\x3f\xbd\x01" + b"\xc4\x03abc" + b"\x43key\x05value" + b"\x00"
CLIENT_STREAMS = stream(2, CONTROL, False) + stream(6, b"\x02", False) + stream(10, b"\x03", False)

QUIC_FRAMES = {
    "ping": b"\x01",
    "ack-of-nothing-sent": bytes.fromhex("0240ff000000"),
    "ack-ecn": bytes.fromhex("03000000000a0000"),
    "ack-ranges": bytes.fromhex("0203000200000000"),
    "reset-stream": bytes.fromhex("040005404040"),
    "stop-sending": stream(0, b"", False) + bytes.fromhex("05000a"),
    "stop-sending-not-ours": bytes.fromhex("05020a"),
    "new-token": bytes.fromhex("0703aabbcc"),
    "max-data": bytes.fromhex("1080010000"),
    "max-stream-data": bytes.fromhex("110080010000"),
    "max-streams": bytes.fromhex("127fff") + bytes.fromhex("13d000000000000001"),
    "blocked": bytes.fromhex("144040") + bytes.fromhex("15004040") + bytes.fromhex("164040174040"),
    "new-connection-id": bytes.fromhex("18010008" + "11" * 8 + "22" * 16),
    "new-connection-id-retire": bytes.fromhex("18070708" + "33" * 8 + "44" * 16),
    "retire-connection-id": bytes.fromhex("1901"),
    "retire-the-one-in-use": bytes.fromhex("1900"),
    "path-challenge": bytes.fromhex("1a0011223344556677"),
    "path-response": bytes.fromhex("1b0011223344556677"),
    "close": bytes.fromhex("1c0a0003") + b"bye",
    "close-application": bytes.fromhex("1d4100") + b"\0",
    "handshake-done": b"\x1e",
    "datagram": b"\x31\x05hello" + b"\x30hello",
    "unknown-frame": bytes.fromhex("40ff01"),
    "crypto-key-update": crypto(bytes.fromhex("1800000100")),
    "crypto-far": crypto(b"x", 0x3FFF),
    "stream-gap": stream(0, b"late", True, 2000) + stream(0, b"GET /large"),
    "stream-final-size": stream(0, b"GET /") + stream(0, b"x", True, 100),
    "streams-too-many": stream(8000, b"x"),
    "no-frames": b"",
}


def extension_of(kind, content):
    return struct.pack(">HH", kind, len(content)) + content


def vector(content, length_bytes=2):
    return len(content).to_bytes(length_bytes, "big") + content


def client_hello(alpn=b"h3", transport_parameters=True, key_share=True):
    parameters = bytes.fromhex("0f08" + "aa" * 8 + "04048010000005048010000006048010000008010a0901030b0119")
    extensions = (extension_of(43, b"\x02\x03\x04") + extension_of(10, vector(b"\x00\x1d\x00\x17"))
                  + extension_of(13, vector(bytes.fromhex("040308040401050308050501"))) + extension_of(45, b"\x01\x01")
                  + extension_of(16, vector(vector(alpn, 1))))
    if key_share:
        extensions += extension_of(51, vector(b"\x00\x1d" + vector(b"\x09" + bytes(31))))
    if transport_parameters:
        extensions += extension_of(0x39, parameters)
    body = b"\x03\x03" + b"\x5a" * 32 + b"\0" + vector(b"\x13\x01\x13\x02\x13\x03") + b"\x01\0" + vector(extensions)
    return b"\x01" + vector(body, 3)


def connections():
    for name, frames in QUIC_FRAMES.items():
        seed("connection", "hq-" + name, bytes([HQ]) + say(frames) + wait(3) + bytes([ACKNOWLEDGE]))
    get = stream(0, b"GET /large\r\n")
    seed("connection", "hq-transfer", bytes([HQ]) + say(get) + (wait(5) + bytes([ACKNOWLEDGE])) * 12)
    seed("connection", "hq-several", bytes([HQ]) + say(get + stream(4, b"GET /") + stream(8, b"rubbish\n")) + wait(4))
    seed("connection", "hq-migration", bytes([HQ]) + say(get, ELSEWHERE | PADDED) + wait(6) + bytes([ACKNOWLEDGE | ELSEWHERE]))
    seed("connection", "hq-reordered", bytes([HQ]) + say(stream(0, b"/\n", True, 4)) + say(stream(0, b"GET ", False)))
    seed("connection", "hq-congestion", bytes([HQ]) + say(get, CONGESTION) + say(b"\x01", CONGESTION) + wait(5))
    seed("connection", "hq-idle", bytes([HQ]) + say(get) + wait(15) + say(b"\x01"))
    seed("connection", "hq-stop-transfer", bytes([HQ]) + say(get) + say(bytes.fromhex("05000a04000b0c")) + wait(4))
    seed("connection", "hq-pings", bytes([HQ]) + say(b"\x01") * 30)
    h3 = bytes([H3]) + say(CLIENT_STREAMS)
    seed("connection", "h3-get", h3 + say(stream(0, request())) + wait(4) + bytes([ACKNOWLEDGE]))
    seed("connection", "h3-large", h3 + say(stream(0, request(path=b"/large"))) + (wait(5) + bytes([ACKNOWLEDGE])) * 5)
    seed("connection", "h3-upload", h3 + say(stream(0, request(PUT, b"/upload/name") + block(0, b"content"))))
    seed("connection", "h3-reset-upload", h3 + say(stream(0, request(PUT, b"/upload/name") + block(0, b"con"), False)) +
         say(bytes.fromhex("04004100404f")))
    seed("connection", "h3-closed-critical-stream", h3 + say(stream(2, b"", True, len(CONTROL))))
    seed("connection", "h3-data-first", h3 + say(stream(0, block(0, b"x"))))
    seed("connection", "h3-inserts", bytes([H3]) + say(stream(2, CONTROL, False) + stream(6, ENCODER_INSERT, False)))
    seed("connection", "perf-download", bytes([PERF]) + say(stream(0, struct.pack(">Q", 60000))) +
         (wait(5) + bytes([ACKNOWLEDGE])) * 4)
    seed("connection", "perf-upload", bytes([PERF]) + say(stream(2, bytes(8) + bytes(900))) + say(stream(0, bytes(3))))
    seed("connection", "echo", bytes([ECHO]) + say(stream(0, b"hello") + stream(2, b"hello") + b"\x31\x05hello") + wait(4) +
         bytes([ACKNOWLEDGE]))
    # Handshake: nothing (0), the first flight (0x10) or two (0x20) were delivered.
    seed("connection", "tls-client-hello", bytes([0]) + say(crypto(client_hello()), INITIAL) + wait(9))
    seed("connection", "tls-no-transport-parameters", bytes([0]) + say(crypto(client_hello(transport_parameters=False)), INITIAL))
    seed("connection", "tls-no-alpn-of-ours", bytes([0]) + say(crypto(client_hello(b"smtp")), INITIAL))
    seed("connection", "tls-retry-request", bytes([0]) + say(crypto(client_hello(key_share=False)), INITIAL))
    hello = client_hello()
    seed("connection", "tls-hello-in-pieces", bytes([0]) + say(crypto(hello[100:], 100), INITIAL) +
         say(crypto(hello[:100]), INITIAL))
    seed("connection", "tls-key-update-in-initial", bytes([0]) + say(crypto(bytes.fromhex("1800000100")), INITIAL))
    for start in (0x10, 0x20):
        seed("connection", f"tls-key-update-in-handshake-{start:x}", bytes([start]) +
             say(crypto(bytes.fromhex("1800000100")), HANDSHAKE) + bytes([ADVANCE]))
        seed("connection", f"tls-finished-{start:x}", bytes([start]) + say(crypto(b"\x14\0\0\x20" + bytes(32)), HANDSHAKE))
        seed("connection", f"tls-certificate-{start:x}", bytes([start]) + say(crypto(bytes.fromhex("0b00000400000000")), HANDSHAKE))
    # Behind the client's own frames: KeyUpdate after Finished, within the same packet and behind it.
    seed("connection", "tls-key-update-behind-finished", bytes([0x11]) +
         say(crypto(bytes.fromhex("1800000100"), 52), HANDSHAKE | ELSEWHERE) + bytes([ADVANCE]))
    seed("connection", "tls-behind-client-hello", bytes([1]) + say(crypto(bytes(40), 300), INITIAL | ELSEWHERE) +
         bytes([ADVANCE, ADVANCE]))
    seed("connection", "migration-validated", bytes([HQ]) + say(get, ELSEWHERE | PADDED) + bytes([ACKNOWLEDGE | ELSEWHERE]) +
         (bytes([ACKNOWLEDGE | LARGE | ELSEWHERE]) + wait(5)) * 3)
    seed("connection", "no-id-migration", bytes([HQ | 8]) + say(get, ELSEWHERE | PADDED) + wait(6) +
         bytes([ACKNOWLEDGE | LARGE | ELSEWHERE]))
    seed("connection", "no-id-new-connection-id", bytes([HQ | 8]) + say(QUIC_FRAMES["new-connection-id"]))
    seed("connection", "frugal-transfer", bytes([HQ | 0x40]) + say(get) + wait(3) +
         say(bytes.fromhex("107fff11007fff")) + (wait(5) + bytes([ACKNOWLEDGE])) * 4)
    seed("connection", "frugal-h3", bytes([H3 | 0x40]) + say(CLIENT_STREAMS + stream(0, request())) + wait(3) +
         say(bytes.fromhex("107fff11007fff11037fff")) + wait(4))
    seed("connection", "version-2", bytes([HQ | 0x80]) + say(get) + wait(5) + bytes([ACKNOWLEDGE]))
    seed("connection", "version-2-handshake", bytes([0x91]) + say(b"\x01", HANDSHAKE | COALESCE) + say(get) + bytes([ADVANCE]))
    seed("connection", "handshake-early-data", bytes([0x11]) + say(get) + bytes([ADVANCE]) + wait(4))
    seed("connection", "handshake-coalesced", bytes([0x11]) + say(b"\x01", HANDSHAKE | COALESCE) + say(get) + bytes([ADVANCE]))
    seed("connection", "handshake-close", bytes([0x11]) + say(bytes.fromhex("1c0a0000"), HANDSHAKE))
    seed("connection", "handshake-stream-frame", bytes([0x11]) + say(get, HANDSHAKE))
    seed("connection", "handshake-lost", bytes([0x11]) + wait(10) * 5 + bytes([ADVANCE]))


def datagrams():
    def deliver(packet, client=0):
        return bytes([client << 2]) + struct.pack(">H", len(packet)) + packet

    def pad(packet, client=0):
        return bytes([client << 2 | 1, len(packet)]) + packet

    def with_token(token, client=0):
        return bytes([client << 2 | 2, len(token)]) + token

    def seed_with(name, content, configuration=0):
        seed("datagram", name, bytes([configuration]) + content)

    initial = quic_long(scid=8, size=22) + b"\0" + b"\x44\x90"
    seed_with("initial-that-does-not-decrypt", pad(initial) + bytes([3, 10]))
    seed_with("initial-with-rubbish-token", pad(quic_long(size=22) + b"\x20" + bytes(32) + b"\x44\x60"))
    seed_with("initial-short-id", pad(quic_long(dcid=7, size=21) + b"\0\x44\x90"))
    seed_with("initial-no-id", pad(quic_long(dcid=0, scid=0, size=7) + b"\x01\xaa\x44\x90"))
    seed_with("version-2", pad(quic_long(0xD0, 0x6B3343CF, size=22) + b"\0\x44\x90"))
    seed_with("unknown-version", pad(quic_long(version=0xBABABABA, size=22)) + deliver(quic_long(version=0x0A0A0A0A, size=60)))
    seed_with("unknown-version-long-ids", pad(quic_long(version=0xFACEB00C, dcid=60, scid=120, size=187)))
    seed_with("version-negotiation", deliver(quic_long(version=0, size=40)))
    seed_with("handshake-of-nobody", deliver(quic_long(0xE0, size=60)))
    seed_with("zero-rtt-of-nobody", pad(quic_long(0xD0, size=60)))
    seed_with("retry", deliver(quic_long(0xF0, size=60)))
    seed_with("short", deliver(SHORT) + deliver(b"\x40") + deliver(b""))
    seed_with("client", with_token(b"") + bytes([3, 15]))
    seed_with("client-with-token", with_token(b"\x36" + bytes(40)) + with_token(b"\xb6" + bytes(40), 1))
    seed_with("clients", b"".join(with_token(b"", i) for i in range(4)) + bytes([3, 9]))
    seed_with("retry-followed", bytes([0x22, 0]) + bytes([3, 5]), 1)
    seed_with("retry-token-of-another", with_token(b"") + bytes([0x12, 0]) + bytes([0x16, 0]), 1)
    seed_with("retry-token-changed", with_token(b"") + bytes([0x12, 8]) + b"\0\1\0\0\0\0\0\0", 1)
    seed_with("retry-too-late", with_token(b"") + bytes([3, 14]) + bytes([0x12, 0]), 1)
    seed_with("refused", with_token(b"") + with_token(b"", 1) + bytes([3, 5]), 2)


def h3_sessions():
    def give(number, content, fin=False):
        return b"".join(bytes([number << 3 | (fin and i + 255 >= len(content)), len(content[i:i + 255])]) + content[i:i + 255]
                        for i in range(0, max(len(content), 1), 255))

    pull, acknowledge, drain = b"\x04\xff", b"\x06\xff", b"\x07"
    start = give(0, CONTROL) + give(1, b"\x02") + give(2, b"\x03")
    end = pull + acknowledge
    for name, content in {
            "get": request(),
            "head": request(HEAD),
            "large": request(path=b"/large"),
            "missing": request(path=b"/missing"),
            "dots": request(path=b"/../%2e%2e/etc/passwd"),
            "range": request(more=b"\xf7"),
            "upload": request(PUT, b"/upload/a", literal(4, b"7")) + block(0, b"content"),
            "upload-wrong-length": request(POST, b"/upload/a", literal(4, b"9")) + block(0, b"content"),
            "trailers": request(PUT, b"/upload/a") + block(0, b"x") + block(1, b"\0\0\x23a-b\x01c"),
            "connect": block(1, b"\0\0\xcf" + literal(0, b"localhost:443")),
            "no-path": block(1, b"\0\0\xd1\xd7"),
            "data-first": block(0, b"x"),
            "settings-on-request": block(4, b""),
            "reserved-frame": block(0x21, b"grease") + request(),
            "push-promise": block(5, b"\0\0\0"),
            "dynamic-reference": block(1, b"\x02\0\x80\x10"),
            "huffman": block(1, b"\0\0\xd1\xd7\x51\x83\x62\x53\x9f"),
    }.items():
        seed("h3", name, start + give(4, content, True) + end)
    seed("h3", "several", start + b"".join(give(i, request(path=b"/large"), True) for i in (4, 5, 6)) + end * 8 + drain + end)
    seed("h3", "blocked", start + give(4, request(path=b"/large"), True) + b"\x05" + b"\x0d" + end * 3)
    seed("h3", "inserts", give(0, CONTROL) + give(1, ENCODER_INSERT) + give(2, b"\x03") +
         give(4, block(1, b"\x02\0\xd1\xd7\x80"), True) + end)
    seed("h3", "decoder-stream", start + give(2, b"\x80\x40\x01"))
    seed("h3", "push-stream", start + give(3, b"\x01\0"))
    seed("h3", "two-control-streams", start + give(3, CONTROL))
    seed("h3", "no-settings", give(0, b"\0" + block(7, b"\0")))
    seed("h3", "goaway-and-max-push", start + give(0, block(7, b"\0") + block(13, b"\x05") + block(3, b"\x01")))
    seed("h3", "wrong-settings", give(0, b"\0" + block(4, bytes.fromhex("0200"))))
    seed("h3", "priority-update", start + give(0, bytes.fromhex("800f0700") + varint(4) + b"\0u=1"))
    seed("h3", "control-closed", start + give(0, b"", True))
    seed("h3", "reset", start + give(4, request(PUT, b"/upload/a")) + b"\x22\x07" + end)
    seed("h3", "stop-sending", start + give(4, request(path=b"/large"), True) + b"\x04\x01" + b"\x23" + end)


if __name__ == "__main__":
    frames()
    connections()
    datagrams()
    h3_sessions()
