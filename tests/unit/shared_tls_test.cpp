// SPDX-License-Identifier: MIT
/// What the endpoints of a process share in TLS: the context, which is replaced under way, and the memory of
/// what was used, for a replay may come to any of them.
#include <gtest/gtest.h>

#include <barrier>
#include <memory>
#include <thread>
#include <vector>

#include "endpoint_fixture.h"
#include "quic/backdated_clock.h"
#include "quic/early_data_guard.h"

namespace quicrx::test {
namespace {

using C = EndpointCounter;

/// An endpoint that serves echoes, of a thread of its own.
class Server {
 public:
  Server(std::shared_ptr<const TlsContext> tls, const EndpointConfig& config, std::uint16_t client_port)
      : endpoint_(port_, std::move(tls), {&echo_}, config, counters_) {
    path_.local = SocketAddress(std::vector<std::uint8_t>{192, 0, 2, 1}, 443);
    path_.remote = SocketAddress(std::vector<std::uint8_t>{192, 0, 2, 2}, client_port);
  }

  [[nodiscard]] std::unique_ptr<TestClient> client(const std::string& session = {},
                                                   const std::string& token = {}) const {
    return std::make_unique<TestClient>("echo", path_, now_, TestClient::Kind{token, {}, session});
  }
  void deliver(const std::vector<std::vector<std::uint8_t>>& payloads) {
    for (const auto& payload : payloads) {
      Datagram datagram = port_.datagram(payload, path_, now_);
      endpoint_.receive({&datagram, 1}, now_);
    }
  }
  void talk(TestClient& client) {
    for (const Timestamp end = now_ + milliseconds(100); now_ < end; now_ += milliseconds(1)) {
      client.expire(now_);
      deliver(client.write(now_));
      endpoint_.expire(now_);
      endpoint_.write(now_);
      for (; !port_.sent.empty(); port_.sent.pop_front()) client.read(port_.sent.front().payload, now_);
    }
  }
  /// The first datagrams of a client, of which nobody hears the answer.
  std::vector<std::vector<std::uint8_t>> overhear(TestClient& client) { return client.write(now_); }

  void use(std::shared_ptr<const TlsContext> tls) { endpoint_.use(std::move(tls)); }
  [[nodiscard]] std::uint64_t count(C id) const { return counters_.get(id); }

 private:
  Path path_;
  Timestamp now_ = Timestamp(seconds(1000));
  FakePort port_{64};
  EndpointCounters counters_;
  EchoService echo_;
  Endpoint endpoint_;
};

class SharedTlsTest : public EndpointFixture {
 protected:
  void SetUp() override {
    EndpointFixture::SetUp();
    for (const std::string& alpn : alpns_) options_.ticket_keys.push_back(config_.secrets.ticket_key(alpn));
    options_.early_data = *EarlyDataGuard::create();
    load_tls(options_);
  }

  /// Another certificate, as a reload finds it.
  std::shared_ptr<const TlsContext> renew() {
    make_certificate();
    return load(options_);
  }

  static std::string get_ticket(Server& server) {
    const auto client = server.client();
    server.talk(*client);
    return client->session_data();
  }

  EndpointConfig config_;
  TlsOptions options_;
};

TEST_F(SharedTlsTest, NewConnectionsGetTheNewContextAndOldOnesKeepTheirs) {
  restart(config_);
  const std::string content = make_file("file", 1'000'000);
  TestClient early("hq-interop", path_, now_), half("hq-interop", path_, now_);
  talk(early);
  const std::int64_t stream = early.request("GET /file\r\n");
  talk(early, milliseconds(3));
  ASSERT_FALSE(early.finished[stream]);
  for (const auto& datagram : half.write(now_)) deliver(datagram);  // its handshake is under way

  const std::weak_ptr<const TlsContext> old = tls_;
  tls_ = renew();
  endpoint_->use(tls_);
  EXPECT_FALSE(old.expired()) << "sessions need it";
  TestClient late("hq-interop", path_, now_);
  talk(late);
  talk(half, milliseconds(2000));
  talk(early, milliseconds(2000));
  EXPECT_EQ(early.received[stream], content);
  EXPECT_TRUE(half.handshake_done() && late.handshake_done());
  EXPECT_EQ(half.certificate(), early.certificate());
  EXPECT_NE(late.certificate(), early.certificate());

  deliver(early.close(now_));
  deliver(half.close(now_));
  talk(late, milliseconds(5000));
  EXPECT_TRUE(old.expired()) << "the last session that needed it is gone";
}

TEST_F(SharedTlsTest, ATokenIsGoodOnceAtAllEndpoints) {
  Server one(tls_, config_, 5000), two(tls_, config_, 5001);
  const auto first = one.client(), second = one.client();
  one.talk(*first);
  one.talk(*second);

  two.talk(*two.client({}, first->new_token));
  EXPECT_EQ(two.count(C::tokens_accepted), 1u) << "it need not be the one that made it";
  one.talk(*one.client({}, first->new_token));
  EXPECT_EQ(one.count(C::tokens_refused), 1u) << "RFC 9000 section 8.1.4";
  one.talk(*one.client({}, second->new_token));
  EXPECT_EQ(one.count(C::tokens_accepted), 1u);
}

/// Twice the same first datagrams; the client goes on with the second that gets them.
TEST_F(SharedTlsTest, A0RttHandshakeIsGoodOnceAtAllEndpointsAndAcrossReloads) {
  Server one(tls_, config_, 5000), two(tls_, config_, 5001);
  const std::string session = get_ticket(one);
  std::uint64_t good = 0;
  for (const bool reload : {false, true}) {
    if (reload) two.use(renew());
    two.talk(*two.client(session));
    EXPECT_EQ(two.count(C::early_data_accepted), ++good);

    const auto client = one.client(session);
    const auto first_flight = one.overhear(*client);
    one.deliver(first_flight);
    two.deliver(first_flight);
    two.talk(*client);
    EXPECT_TRUE(client->handshake_done() && client->resumed());
    EXPECT_EQ(two.count(C::early_data_accepted), good) << "the other has it already";
  }
}

TEST_F(SharedTlsTest, ThreadsShakeHandsAtOnce) {
  constexpr std::uint16_t kThreads = 4;
  constexpr std::uint64_t kRounds = 20;
  const auto renewed = renew();
  const auto serve = [&](std::uint16_t number) {
    Server server(tls_, config_, 5000 + number);
    for (std::uint64_t round = 0; round < kRounds; ++round) {
      if (round == kRounds / 2) server.use(renewed);
      const auto client = server.client();
      server.talk(*client);
      server.talk(*server.client(client->session_data(), client->new_token));
    }
    EXPECT_EQ(server.count(C::handshakes_completed), 2 * kRounds);
    EXPECT_EQ(server.count(C::tokens_accepted), kRounds);
    EXPECT_EQ(server.count(C::early_data_accepted), kRounds);
  };
  std::vector<std::jthread> threads;
  for (std::uint16_t i = 0; i < kThreads; ++i) threads.emplace_back(serve, i);
}

TEST_F(SharedTlsTest, AClockIsDatedBackInItsOwnThreadOnly) {
  Server server(tls_, config_, 5000);
  const std::string session = get_ticket(server);
  std::barrier<> meet(2);
  const std::jthread other([&] {
    const BackdatedClock clock;
    meet.arrive_and_wait();
    meet.arrive_and_wait();
  });
  meet.arrive_and_wait();
  server.talk(*server.client(session));
  meet.arrive_and_wait();
  EXPECT_EQ(server.count(C::early_data_accepted), 1u) << "here a ticket is not older than it was made";
}

}  // namespace
}  // namespace quicrx::test
