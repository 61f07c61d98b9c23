// SPDX-License-Identifier: MIT
/// The endpoint with real QUIC clients in plain memory: time is ours, and every datagram can be looked at.
#include "quic/endpoint.h"

#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <random>

#include "endpoint_fixture.h"

namespace quicrx::test {
namespace {

using EndpointTest = EndpointFixture;
using C = EndpointCounter;

constexpr std::uint64_t kCryptoError = 0x100;  // RFC 9001 section 4.8: and the TLS alert

TEST_F(EndpointTest, ServesFilesByHttp09) {
  const std::string content = make_file("file", 3'000'000);
  TestClient client("hq-interop", path_, now_);
  talk(client);
  ASSERT_TRUE(client.handshake_done());
  const std::int64_t first = client.request("GET /file\r\n"), second = client.request("GET /file");
  const std::int64_t missing = client.request("GET /missing\r\n"), rubbish = client.request("rubbish\r\n");
  talk(client, milliseconds(3000));
  EXPECT_EQ(client.received[first], content);
  EXPECT_EQ(client.received[second], content) << "the end of the stream ends the request as well";
  EXPECT_TRUE(client.finished[first] && client.finished[second]);
  EXPECT_TRUE(client.stream_errors.contains(missing));
  EXPECT_TRUE(client.stream_errors.contains(rubbish));
  EXPECT_EQ(count(C::streams_opened), 4u);
  EXPECT_EQ(count(C::streams_closed), 4u);
}

TEST_F(EndpointTest, TransmitFramesThatRunOutOnlySlowItDown) {
  restart({}, 2);
  const std::string content = make_file("file", 5'000'000);
  TestClient client("hq-interop", path_, now_);
  talk(client);
  const std::int64_t stream = client.request("GET /file\r\n");
  talk(client, milliseconds(20));
  ASSERT_FALSE(client.finished[stream]);
  // All frames away: the connection waits on the list, and goes on when they are back.
  std::vector<Frame> taken;
  while (auto frame = port_->pool.acquire()) taken.push_back(std::move(*frame));
  now_ += seconds(1);
  turn();
  EXPECT_TRUE(endpoint_->starved());
  EXPECT_TRUE(port_->sent.empty());
  taken.clear();
  talk(client, milliseconds(20'000));
  EXPECT_FALSE(endpoint_->starved());
  EXPECT_EQ(client.received[stream], content);
}

TEST_F(EndpointTest, PacesWhatItSends) {
  make_file("file", 1'000'000);
  TestClient client("hq-interop", path_, now_);
  // A path of 50 ms each way: what is sent arrives later.
  std::deque<std::pair<Timestamp, std::vector<std::uint8_t>>> to_server, to_client;
  std::vector<Timestamp> sent;
  const auto run = [&](milliseconds time) {
    for (const Timestamp end = now_ + time; now_ < end; now_ += milliseconds(1)) {
      for (; !to_client.empty() && to_client.front().first <= now_; to_client.pop_front())
        client.read(to_client.front().second, now_);
      client.expire(now_);
      for (auto& datagram : client.write(now_))
        to_server.emplace_back(now_ + milliseconds(50), std::move(datagram));
      for (; !to_server.empty() && to_server.front().first <= now_; to_server.pop_front())
        deliver(to_server.front().second);
      turn();
      for (; !port_->sent.empty(); port_->sent.pop_front()) {
        to_client.emplace_back(now_ + milliseconds(50), std::move(port_->sent.front().payload));
        sent.push_back(now_);
      }
    }
  };
  run(milliseconds(600));
  ASSERT_TRUE(client.handshake_done());
  client.request("GET /file\r\n");
  run(milliseconds(300));
  sent.clear();
  run(milliseconds(100));
  // The window is larger than what ngtcp2 lets go at once; the rest follows within the round trip, not right
  // behind.
  const std::map<Timestamp, int> turns = [&] {
    std::map<Timestamp, int> counted;
    for (const Timestamp time : sent) ++counted[time];
    return counted;
  }();
  ASSERT_GE(turns.size(), 2u);
  EXPECT_GT(std::next(turns.begin())->first - turns.begin()->first, milliseconds(10))
      << "RFC 9002 section 7.7";
}

TEST_F(EndpointTest, ClosesWithTheTlsAlertWhenNoProtocolIsShared) {
  TestClient client("smtp", path_, now_);
  talk(client);
  ASSERT_NE(client.closed(), nullptr);
  EXPECT_EQ(client.closed()->type, NGTCP2_CCERR_TYPE_TRANSPORT);
  EXPECT_EQ(client.closed()->error_code, kCryptoError + 120) << "no_application_protocol";
  EXPECT_EQ(count(C::handshakes_failed), 1u);
  EXPECT_EQ(count(C::connections_closing), 1u);
}

TEST_F(EndpointTest, RefusesATlsKeyUpdateInACryptoFrame) {
  TestClient client("hq-interop", path_, now_);
  talk(client);
  ASSERT_TRUE(client.handshake_done());
  client.say_in_tls({24, 0, 0, 1, 0});
  talk(client);
  ASSERT_NE(client.closed(), nullptr);
  EXPECT_EQ(client.closed()->error_code, kCryptoError + 10) << "unexpected_message";
}

TEST_F(EndpointTest, RepeatsItsCloseEverMoreRarelyAndThenForgets) {
  TestClient client("hq-interop", path_, now_);
  talk(client);
  client.say_in_tls({24, 0, 0, 1, 0});
  for (const auto& datagram : client.write(now_)) deliver(datagram);
  turn();
  ASSERT_EQ(count(C::connections_closing), 1u);
  port_->sent.clear();
  const auto again = client.request("GET /\r\n");
  ASSERT_GE(again, 0);
  const auto more = client.write(now_);
  ASSERT_FALSE(more.empty());
  for (int i = 0; i < 100; ++i) deliver(more.front());
  EXPECT_EQ(port_->sent.size(), 7u) << "at packets 1, 2, 4, 8, 16, 32, 64";
  EXPECT_EQ(count(C::drop_closing), 100u);
  now_ += seconds(10);
  turn();
  EXPECT_EQ(endpoint_->connections(), 0u);
  EXPECT_EQ(endpoint_->table().size(), 0u) << "every connection ID is forgotten";
  deliver(more.front());
  EXPECT_EQ(count(C::stateless_resets_sent), 1u);
}

TEST_F(EndpointTest, StopsWithTheServicesNoError) {
  TestClient client("hq-interop", path_, now_);
  talk(client);
  EXPECT_EQ(count(C::connections_active), 1u);
  endpoint_->shut_down(now_);
  ASSERT_EQ(port_->sent.size(), 1u);
  client.read(port_->sent.front().payload, now_);
  ASSERT_NE(client.closed(), nullptr);
  EXPECT_EQ(client.closed()->type, NGTCP2_CCERR_TYPE_APPLICATION);
  EXPECT_EQ(client.closed()->error_code, 0u) << "the service's own 'no error'";
}

TEST_F(EndpointTest, StoppingWaitsForFramesToSendItsCloses) {
  restart({}, 4);
  std::vector<std::unique_ptr<TestClient>> clients;
  for (int i = 0; i < 10; ++i) {
    clients.push_back(std::make_unique<TestClient>("hq-interop", path_, now_));
    talk(*clients.back());
  }
  ASSERT_EQ(count(C::connections_active), 10u);
  port_->sent.clear();
  std::vector<Frame> taken;
  while (auto frame = port_->pool.acquire()) taken.push_back(std::move(*frame));
  endpoint_->shut_down(now_);
  EXPECT_EQ(port_->sent.size(), 0u);
  EXPECT_EQ(endpoint_->send_closes(), 10u);
  taken.clear();
  EXPECT_EQ(endpoint_->send_closes(), 0u);
  EXPECT_EQ(port_->sent.size(), 10u);
  endpoint_->give_up_closes();
  EXPECT_EQ(count(C::drop_close_unsent), 0u);
}

TEST_F(EndpointTest, DrainsWhenThePeerHasClosed) {
  TestClient client("hq-interop", path_, now_);
  talk(client);
  client.request("GET /\r\n");
  const auto late = client.write(now_);
  ASSERT_FALSE(late.empty());
  deliver(client.close(now_));
  turn();
  EXPECT_EQ(count(C::connections_draining), 1u);
  EXPECT_EQ(count(C::connections_closed_by_peer), 1u);
  port_->sent.clear();
  deliver(late.front());
  turn();
  EXPECT_TRUE(port_->sent.empty()) << "RFC 9000 section 10.2.2: nothing is sent while draining";
  now_ += seconds(10);
  turn();
  EXPECT_EQ(endpoint_->connections(), 0u);
}

TEST_F(EndpointTest, ForgetsAnIdleConnection) {
  TestClient client("hq-interop", path_, now_);
  talk(client);
  port_->sent.clear();
  const auto deadline = endpoint_->deadline();
  ASSERT_TRUE(deadline);
  EXPECT_LE(*deadline, now_ + seconds(30));
  now_ += seconds(31);
  turn();
  EXPECT_TRUE(port_->sent.empty()) << "silently: RFC 9000 section 10.1";
  EXPECT_EQ(count(C::connections_idle_closed), 1u);
  EXPECT_EQ(endpoint_->connections(), 0u);
  EXPECT_FALSE(endpoint_->deadline());
}

TEST_F(EndpointTest, GivesUpAHandshakeThatDoesNotEnd) {
  for (const bool with_token : {false, true}) {
    restart({});
    TestClient client("hq-interop", path_, now_, with_token ? "not from us" : "");
    const auto first = client.write(now_);
    ASSERT_FALSE(first.empty());
    deliver(first.front());
    std::size_t bytes = 0;
    for (int i = 0; i < 40'000 && endpoint_->connections() > 0; ++i, now_ += milliseconds(1)) {
      turn();
      for (; !port_->sent.empty(); port_->sent.pop_front()) bytes += port_->sent.front().payload.size();
    }
    EXPECT_EQ(endpoint_->connections(), 0u);
    EXPECT_EQ(count(C::handshakes_completed), 0u);
    EXPECT_EQ(count(C::handshakes_failed), 1u);
    EXPECT_EQ(count(C::handshake_timeouts), 1u);
    EXPECT_GT(bytes, 0u);
    EXPECT_LE(bytes, 3 * first.front().size())
        << "the client's address was never proven: RFC 9000 section 8.1";
  }
}

TEST_F(EndpointTest, AnEmptyDatagramIsNoHarm) {
  deliver({});
  EXPECT_EQ(count(C::drop_malformed), 1u);
}

TEST_F(EndpointTest, JunkFromElsewhereDoesNotMoveTheConnection) {
  TestClient client("hq-interop", path_, now_);
  talk(client);
  client.request("GET /\r\n");
  auto junk = client.write(now_);
  ASSERT_FALSE(junk.empty());
  junk.front().back() ^= 1;
  const Path real = path_;
  for (std::uint8_t host = 10; host < 20; ++host) {
    path_.remote = SocketAddress(std::vector<std::uint8_t>{192, 0, 2, host}, 5000);
    deliver(junk.front());
  }
  turn();
  port_->sent.clear();
  endpoint_->shut_down(now_);
  ASSERT_EQ(port_->sent.size(), 1u);
  EXPECT_EQ(port_->sent.front().path.remote, real.remote) << "the close goes to the peer";
}

TEST_F(EndpointTest, AStreamThatIsResetBeforeItsRequestIsFreed) {
  TestClient client("h3", path_, now_);
  talk(client);
  ASSERT_TRUE(client.handshake_done());
  for (int i = 0; i < 300; ++i) {
    const std::int64_t stream = client.request("");
    ASSERT_GE(stream, 0) << "after " << i << " streams the server allows no more";
    client.reset(stream);
    talk(client, milliseconds(20));
  }
  EXPECT_EQ(client.closed(), nullptr);
}

TEST_F(EndpointTest, NegotiatesVersionsAndMirrorsTheIds) {
  std::vector<std::uint8_t> packet{0xc0, 0xba, 0xba, 0xba, 0xba, 5, 1, 2, 3, 4, 5, 3, 9, 8, 7};
  packet.resize(1200);
  deliver(packet);
  ASSERT_EQ(port_->sent.size(), 1u);
  const auto& answer = port_->sent.front().payload;
  ASSERT_GE(answer.size(), 23u);
  EXPECT_EQ(answer[0] & 0x80, 0x80);
  EXPECT_EQ(std::vector<std::uint8_t>(answer.begin() + 1, answer.begin() + 15),
            (std::vector<std::uint8_t>{0, 0, 0, 0, 3, 9, 8, 7, 5, 1, 2, 3, 4, 5}));
  EXPECT_EQ(answer[15] & 0x0f, 0x0a) << "a reserved version: RFC 9000 section 6.3";
  EXPECT_EQ(std::vector<std::uint8_t>(answer.begin() + 19, answer.end()),
            (std::vector<std::uint8_t>{0, 0, 0, 1, 0x6b, 0x33, 0x43, 0xcf}));
  EXPECT_EQ(count(C::version_negotiations_sent), 1u);
  EXPECT_EQ(endpoint_->connections(), 0u);
}

/// An answer could be damaged in its turn, and its client would give the connection up.
TEST_F(EndpointTest, NegotiatesNoVersionWithAConnectionThatIsThere) {
  TestClient client("hq-interop", path_, now_);
  const auto first = client.write(now_).front();
  deliver(first);
  ASSERT_EQ(endpoint_->connections(), 1u);
  port_->sent.clear();
  auto damaged = first;
  damaged[2] ^= 0x5a;
  deliver(damaged);
  EXPECT_TRUE(port_->sent.empty());
  EXPECT_EQ(count(C::drop_wrong_version), 1u);
  EXPECT_EQ(count(C::version_negotiations_sent), 0u);
}

/// Its client believed a version negotiation that was damaged, and keeps its first ID.
TEST_F(EndpointTest, LetsAClientBeginAnewWithAnotherVersion) {
  TestClient first("hq-interop", path_, now_, TestClient::Kind{.first_id = 7});
  deliver(first.write(now_).front());
  ASSERT_EQ(endpoint_->connections(), 1u);
  port_->sent.clear();
  TestClient second("hq-interop", path_, now_,
                    TestClient::Kind{.version = NGTCP2_PROTO_VER_V2, .first_id = 7});
  Path elsewhere = path_;
  elsewhere.remote = SocketAddress(std::vector<std::uint8_t>{192, 0, 2, 3}, 5000);
  Datagram foreign = port_->datagram(second.write(now_).front(), elsewhere, now_);
  endpoint_->receive({&foreign, 1}, now_);
  EXPECT_EQ(count(C::handshakes_failed), 0u) << "another's, who saw the ID";
  now_ += seconds(1);
  second.expire(now_);
  talk(second, milliseconds(1500));
  EXPECT_TRUE(second.handshake_done());
  EXPECT_EQ(endpoint_->connections(), 1u);
  EXPECT_EQ(count(C::handshakes_failed), 1u);
  EXPECT_EQ(count(C::connections_accepted), 2u);
}

TEST_F(EndpointTest, SendsALostFlightAgainAfterThreeTimesTheInitialRtt) {
  EndpointConfig config;
  config.initial_rtt = milliseconds(100);
  restart(config);
  TestClient client("hq-interop", path_, now_);
  deliver(client.write(now_).front());
  turn();
  ASSERT_FALSE(port_->sent.empty());
  port_->sent.clear();
  now_ += milliseconds(299);
  turn();
  EXPECT_TRUE(port_->sent.empty());
  now_ += milliseconds(1);
  turn();
  EXPECT_FALSE(port_->sent.empty());
}

TEST_F(EndpointTest, RefusesConnectionsBeyondTheLimit) {
  EndpointConfig config;
  config.limits.connections = 1;
  restart(config);
  TestClient first("hq-interop", path_, now_);
  talk(first);
  ASSERT_TRUE(first.handshake_done());
  TestClient second("hq-interop", path_, now_);
  talk(second);
  ASSERT_NE(second.closed(), nullptr);
  EXPECT_EQ(second.closed()->error_code, static_cast<std::uint64_t>(NGTCP2_CONNECTION_REFUSED));
  EXPECT_EQ(count(C::connections_accepted), 1u);
}

/// As workers of one process: another endpoint, made with the same configuration.
struct Another {
  Another(const std::shared_ptr<const TlsContext>& tls, Service& service, const EndpointConfig& config)
      : endpoint(port, tls, {&service}, config, counters) {}
  void meet(const Path& path, Timestamp now) {
    TestClient client("hq-interop", path, now);
    Datagram initial = port.datagram(client.write(now).front(), path, now);
    endpoint.receive({&initial, 1}, now);
  }

  FakePort port{256};
  EndpointCounters counters;
  Endpoint endpoint;
};

TEST_F(EndpointTest, LimitsHoldForAllThatAreCountedTogether) {
  EndpointConfig config;
  config.limits.connections = 1;
  restart(config);
  Another another(tls_, hq_, config);
  another.endpoint.count_with({counters_.get(), &another.counters});
  TestClient first("hq-interop", path_, now_);
  talk(first);
  ASSERT_TRUE(first.handshake_done());
  another.meet(path_, now_);
  EXPECT_EQ(another.endpoint.connections(), 0u);
  EXPECT_EQ(another.counters.get(C::connections_refused), 1u);
}

TEST_F(EndpointTest, CountsConnectionsOfAPrefixForAllEndpointsTogether) {
  EndpointConfig config;
  config.limits.connections_per_prefix = 1;
  restart(config);
  Another another(tls_, hq_, config);
  TestClient first("hq-interop", path_, now_);
  talk(first);
  another.meet(path_, now_);
  EXPECT_EQ(another.counters.get(C::refused_prefix), 1u);
}

TEST_F(EndpointTest, DropsRubbishAndHoldsNoFrameOfIt) {
  std::mt19937 random(1);
  for (int i = 0; i < 20'000; ++i) {
    std::vector<std::uint8_t> packet(random() % 1452 + 1);
    for (std::uint8_t& byte : packet) byte = static_cast<std::uint8_t>(random());
    if (i % 2 == 0 && packet.size() > 6)
      packet[0] |= 0xc0, packet[1] = packet[2] = packet[3] = 0, packet[4] = 1;
    deliver(packet);
    turn();
    port_->sent.clear();
  }
  EXPECT_EQ(count(C::connections_active), 0u);
  EXPECT_EQ(port_->pool.count().held, 0u);
  EXPECT_GT(count(C::drop_malformed) + count(C::drop_unknown_connection) + count(C::drop_not_acceptable), 0u);
}

TEST_F(EndpointTest, SurvivesATransferInWhichEveryThirdDatagramIsCorrupt) {
  const std::string content = make_file("file", 200'000);
  TestClient client("hq-interop", path_, now_);
  talk(client);
  const std::int64_t stream = client.request("GET /file\r\n");
  std::mt19937 random(1);
  for (int i = 0; i < 60'000 && !client.finished[stream]; ++i, now_ += milliseconds(1)) {
    client.expire(now_);
    for (auto datagram : client.write(now_)) {
      if (random() % 3 == 0) datagram[random() % datagram.size()] ^= 0x10;
      deliver(datagram);
    }
    turn();
    for (; !port_->sent.empty(); port_->sent.pop_front()) {
      auto& payload = port_->sent.front().payload;
      if (random() % 3 == 0) payload[random() % payload.size()] ^= 0x10;
      client.read(payload, now_);
    }
  }
  EXPECT_EQ(client.received[stream], content);
}

TEST_F(EndpointTest, AnswersOnTheLinkPathOfThePeersLastPacket) {
  path_.link.remote = {2, 0, 0, 0, 0, 9};
  TestClient client("hq-interop", path_, now_);
  talk(client);
  path_.link.remote = {2, 0, 0, 0, 0, 10};
  path_.link.vlan_count = 1;
  path_.link.vlans[0] = {0x8100, 100};
  client.request("GET /\r\n");
  for (const auto& datagram : client.write(now_)) deliver(datagram);
  turn();
  ASSERT_FALSE(port_->sent.empty());
  EXPECT_EQ(port_->sent.back().path.link, path_.link);
}

}  // namespace
}  // namespace quicrx::test
