# SPDX-License-Identifier: MIT
"""Tokens, tickets, keys and versions: what QUIC has beside moving bytes, with gtlsclient."""

import shutil
import subprocess
import time

import pytest

import client
from network import V4_SERVER
from poller import by_af_xdp, stats, wait_for
from recorder import Recorder

OTHER_CLIENT, OTHER_SERVER = "10.9.0.22", "10.9.0.11"


def quic(network):
    return stats(network)["queues"][0]["quic"]


@pytest.fixture
def small(site):
    site.make_file("small", 20_000)
    return "small"


def test_retry(network, site, small, start_poller):
    start_poller("--retry", "always")
    client.fetch(network, site, [small])
    answers = quic(network)["answers"]
    assert answers["retries_sent"] == answers["retry_tokens_accepted"] == 1
    assert quic(network)["connections"]["handshake_unproven"] == 0


def test_no_retry_without_need(network, site, small, poller):
    client.fetch(network, site, [small])
    assert quic(network)["answers"]["retries_sent"] == 0


def test_retry_in_a_flood(network, site, small, start_poller):
    """Handshakes that never go on fill the threshold; real clients then prove their address and get through."""
    start_poller("--retry-threshold", "5")
    deaf = [network.start(network.client, *client.command(V4_SERVER, ["https://localhost/small"], "-q", "--rx-loss=1.0"),
                          stderr=subprocess.DEVNULL) for _ in range(5)]
    wait_for(lambda: quic(network)["connections"]["handshake_unproven"] == 5, "not all handshakes have begun")
    client.fetch(network, site, [small])
    answers = quic(network)["answers"]
    for process in deaf:
        process.kill()
        process.wait()
    assert answers["retries_sent"] == answers["retry_tokens_accepted"] == 1


def test_token_of_an_earlier_connection(network, site, small, start_poller, secret_file, tmp_path):
    """It spares the Retry, once, from the same address; also with another process that has the same secret."""
    options = ("--retry", "always", "--secret-file", str(secret_file))
    poller = start_poller(*options)
    token = tmp_path / "token"
    client.fetch(network, site, [small], options=[f"--token-file={token}"])
    assert token.exists()
    spare = shutil.copy(token, tmp_path / "spare")
    poller.stop()
    start_poller(*options)
    client.fetch(network, site, [small], options=[f"--token-file={token}"])
    answers = quic(network)["answers"]
    assert (answers["tokens_accepted"], answers["retries_sent"]) == (1, 0)
    client.fetch(network, site, [small], options=[f"--token-file={spare}"])
    answers = quic(network)["answers"]
    assert (answers["tokens_accepted"], answers["tokens_refused"], answers["retries_sent"]) == (1, 1, 1), "used again"


def test_token_of_another_address(network, site, small, start_poller, tmp_path):
    start_poller("--retry", "always")
    token = f"--token-file={tmp_path}/token"
    client.fetch(network, site, [small], options=[token])
    network.run(network.client, "ip", "addr", "add", f"{OTHER_CLIENT}/24", "dev", "c0")
    network.run(network.client, "ip", "route", "replace", f"{V4_SERVER}/32", "dev", "c0", "src", OTHER_CLIENT)
    client.fetch(network, site, [small], options=[token])
    answers = quic(network)["answers"]
    assert (answers["tokens_accepted"], answers["tokens_refused"], answers["retries_sent"]) == (0, 1, 2)


@pytest.mark.parametrize("early_data", [True, False])
def test_resumption(network, site, small, start_poller, tmp_path, early_data):
    start_poller(*([] if early_data else ["--no-early-data"]))
    for _ in range(2):
        client.come_back(network, site, small, tmp_path)
    connections = quic(network)["connections"]
    assert connections["handshakes_completed"] == 2
    assert connections["handshakes_resumed"] == 1
    assert connections["early_data_accepted"] == (1 if early_data else 0)


def test_upload_in_early_data(network, site, small, start_poller, tmp_path):
    """It waits for the handshake, for it is not safe to do twice (RFC 8470), and is stored then."""
    start_poller()
    client.come_back(network, site, small, tmp_path)
    client.upload(network, site, site.root / small, "stored",
                  options=[f"--session-file={tmp_path}/session", f"--tp-file={tmp_path}/parameters"])
    assert quic(network)["connections"]["early_data_accepted"] == 1


def test_tickets_outlive_the_process(network, site, small, start_poller, tmp_path, secret_file):
    """They resume; but 0-RTT is refused, for this process cannot know what the last one has seen."""
    for _ in range(2):
        poller = start_poller("--secret-file", str(secret_file))
        client.come_back(network, site, small, tmp_path)
        connections = quic(network)["connections"]
        poller.stop()
    assert (connections["handshakes_resumed"], connections["early_data_accepted"]) == (1, 0)


def test_tickets_promise_the_limits_they_were_given_with(network, site, small, start_poller, tmp_path, secret_file):
    """RFC 9000 section 7.4.1: with smaller limits than a ticket remembers there is no 0-RTT, and so no ticket."""
    for streams in ("100", "10"):
        poller = start_poller("--secret-file", str(secret_file), "--max-streams", streams)
        client.come_back(network, site, small, tmp_path)
        connections = quic(network)["connections"]
        poller.stop()
    assert (connections["handshakes_completed"], connections["handshakes_resumed"]) == (1, 0)


def test_replayed_early_data(network, site, small, start_poller, tmp_path):
    """The same datagrams again, from another port: the handshake begins, the request in it is not read."""
    start_poller()
    client.come_back(network, site, small, tmp_path)
    recorder = Recorder(network)
    client.come_back(network, site, small, tmp_path)
    wait_for(lambda: quic(network)["connections"]["draining"] == 0, "a connection still drains")
    before = quic(network)
    assert before["connections"]["early_data_accepted"] == 1
    recorder.replay()
    time.sleep(0.2)
    after = quic(network)
    assert after["connections"]["accepted"] > before["connections"]["accepted"], "the replay came"
    assert after["streams"]["opened"] == before["streams"]["opened"], "and opened no stream"


def test_stateless_reset_after_a_crash(network, site, start_poller, secret_file):
    """The client learns at once that its connection is gone, instead of waiting for its time-out."""
    big = site.make_sparse_file("big", 1 << 30)
    poller = start_poller("--secret-file", str(secret_file))
    upload = network.start(network.client, *client.command(V4_SERVER, ["https://localhost/upload/big"], "-q",
                                                           "--http-method=PUT", f"--data={big}"))
    wait_for(lambda: quic(network)["streams"]["bytes_received"] > 1_000_000, "the upload does not come")
    poller.kill()
    start_poller("--secret-file", str(secret_file))
    upload.wait(timeout=10)  # sooner than its idle time-out of 20 s
    assert quic(network)["answers"]["stateless_resets_sent"] >= 1


def test_stateless_resets_end(network, poller):
    """Each is smaller than what it answers, so that two endpoints cannot go on for ever; and so many a second."""
    done = network.run(network.client, "/usr/bin/python3", "-c", f"""
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(0.5)
s.connect(("{V4_SERVER}", 4433))
s.send(b"\\x40" + bytes(range(99)))
count = 0
try:
    while True:
        answer = s.recv(2000)
        count += 1
        s.send(answer)
except TimeoutError:
    print(count, len(answer))""")
    count, last = map(int, done.stdout.split())
    assert 1 <= count <= 42 and last >= 21
    assert quic(network)["answers"]["stateless_resets_sent"] == count


def test_key_update_by_us(network, site, start_poller):
    start_poller("--key-update-after", "1000000")
    site.make_file("file", 100 << 20)
    client.fetch(network, site, ["file"])
    assert quic(network)["connections"]["key_updates"] >= 3


def test_key_update_by_the_client(network, site, poller):
    site.make_file("file", 100 << 20)
    client.fetch(network, site, ["file"], options=["--key-update=50ms"])


@pytest.mark.parametrize("algorithm", ["cubic", "bbr", "reno"])
def test_congestion_control(network, site, start_poller, algorithm):
    start_poller("--congestion", algorithm)
    site.make_file("file", 20 << 20)
    client.fetch(network, site, ["file"])


def test_version_2(network, site, small, poller):
    client.fetch(network, site, [small], options=["--version=v2"])


def test_client_certificates(network, site, small, start_poller):
    certificate, key = site.make_certificate("client")
    stranger, stranger_key = site.make_certificate("stranger")
    start_poller("--client-ca", str(certificate))
    client.fetch(network, site, [small], options=[f"--cert={certificate}", f"--key={key}"])
    completed = quic(network)["connections"]["handshakes_completed"]
    assert completed == 1
    for options in ((), (f"--cert={stranger}", f"--key={stranger_key}")):
        client.talk(network, "/small", options=options)
    connections = quic(network)["connections"]
    assert (connections["handshakes_completed"], connections["tls_alerts_sent"]) == (1, 2)


def test_preferred_address(network, site, start_poller):
    network.run(network.server, "ip", "addr", "add", f"{OTHER_SERVER}/24", "dev", "s0")
    start_poller("--preferred-address", f"{OTHER_SERVER}:{4434 if by_af_xdp() else 4433}")
    site.make_file("file", 20 << 20)
    client.fetch(network, site, ["file"])
    assert quic(network)["connections"]["paths_validated"] >= 1
    if by_af_xdp():
        assert {"first": 4433, "last": 4434} in stats(network)["program"]["ports"]


def test_migration(network, site, poller):
    site.make_file("file", 200 << 20)
    client.fetch(network, site, ["file"], options=["--change-local-addr=100ms"])
    assert quic(network)["connections"]["paths_validated"] >= 1


def test_nat_rebinding(network, site, poller):
    """By an upload: who only receives has nothing to say by which its server could learn of the new path."""
    file = site.make_file("file", 200 << 20)
    client.upload(network, site, file, "file", options=["--change-local-addr=100ms", "--nat-rebinding"])
    assert quic(network)["connections"]["paths_validated"] >= 1


def test_key_log(network, site, small, start_poller, tmp_path):
    log = tmp_path / "keys"
    poller = start_poller(prefix=["env", f"SSLKEYLOGFILE={log}"])
    client.fetch(network, site, [small])
    labels = {line.split()[0] for line in log.read_text(encoding="ascii").splitlines() if not line.startswith("#")}
    assert {"CLIENT_HANDSHAKE_TRAFFIC_SECRET", "SERVER_TRAFFIC_SECRET_0"} <= labels
    assert "SSLKEYLOGFILE" in poller.output() and str(log) in poller.output()


def test_no_key_log_unless_asked_for(network, site, small, poller):
    client.fetch(network, site, [small])
    assert "SSLKEYLOGFILE" not in poller.output()
