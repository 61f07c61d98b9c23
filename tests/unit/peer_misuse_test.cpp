// SPDX-License-Identifier: MIT
/// Peers that cost more than they bring, and addresses that are not proven.
#include <gtest/gtest.h>

#include <ngtcp2/ngtcp2.h>

#include <numeric>

#include "../fuzz/client.h"
#include "../fuzz/server.h"

namespace quicrx::test {
namespace {

using fuzz::Client;
using fuzz::Level;
using fuzz::Packet;
using fuzz::Server;
using std::chrono::milliseconds;
using std::chrono::seconds;
using C = EndpointCounter;

EndpointConfig limited(const std::function<void(EndpointLimits&)>& change) {
  EndpointConfig config;
  change(config.limits);
  return config;
}

/// A server, and a client that is honest until it is told otherwise.
class Peer {
 public:
  explicit Peer(EndpointConfig config = {}, const char* alpn = "hq-interop", std::uint8_t number = 1)
      : server_(std::move(config)), path_(Server::path(number)), client_(alpn, path_, server_.now(), {}) {}

  void shake_hands() {
    for (int i = 0; i < 4; ++i) {
      for (const Packet& packet : client_.write(server_.now())) server_.deliver(packet, path_);
      hear();
    }
    ASSERT_EQ(count(C::connections_active), 1u);
  }

  void say(const Packet& frames, Level level = Level::application) {
    const auto packet = client_.seal(level, frames);
    ASSERT_TRUE(packet) << "the client has no keys";
    server_.deliver(*packet, path_);
    hear();
  }

  /// Says it until the server has closed; how often that was.
  int flood(const Packet& frames, int limit) {
    for (int i = 1; i <= limit; ++i) {
      say(frames);
      if (count(C::connections_active) == 0) return i;
    }
    return limit + 1;
  }

  void hear() {
    for (const auto& sent : server_.take_sent()) client_.read(sent.payload, server_.now());
  }

  [[nodiscard]] std::uint64_t count(C id) const { return server_.counters().get(id); }
  Server& server() { return server_; }
  Client& client() { return client_; }

 private:
  Server server_;
  Path path_;
  Client client_;
};

const Packet kPing{0x01};
const Packet kPathChallenge{0x1a, 1, 2, 3, 4, 5, 6, 7, 8};

TEST(PeerMisuse, FloodsThatBringNothingEndInAClose) {
  // A second's limit of 20 lets 200 at once.
  for (const Packet& frames :
       {kPing, kPathChallenge, Packet{0x10, 0x0a}, Packet{0x19, 0}, Packet{0x08, 0x00}}) {
    Peer peer(limited([](EndpointLimits& limits) { limits.idle_packets_per_second = 20; }));
    peer.shake_hands();
    const int floods = peer.flood(frames, 1000);
    if (peer.count(C::connections_closed_misuse) == 0) {
      // RETIRE_CONNECTION_ID of the one in use is an error of its own.
      EXPECT_EQ(frames.front(), 0x19);
      continue;
    }
    EXPECT_GE(floods, 190) << int{frames.front()};
    EXPECT_LE(floods, 210) << int{frames.front()};
    EXPECT_EQ(peer.count(C::connections_closing), 1u) << "with a frame";
  }
}

TEST(PeerMisuse, AsManyInALongTimeAreNone) {
  Peer peer(limited([](EndpointLimits& limits) { limits.idle_packets_per_second = 20; }));
  peer.shake_hands();
  for (int i = 0; i < 2000; ++i) {
    peer.say(kPing);
    peer.server().pass(milliseconds(60));
  }
  EXPECT_EQ(peer.count(C::connections_active), 1u);
}

TEST(PeerMisuse, DataIsNoMisuseInOrderOrNot) {
  Peer peer(limited([](EndpointLimits& limits) { limits.idle_packets_per_second = 2; }));
  peer.shake_hands();
  // 150 KiB of a stream of which the first byte is missing. STREAM with offset and length (RFC 9000 19.8).
  for (std::uint32_t offset = 1; offset < 150'000; offset += 1000) {
    Packet frames{0x0e,
                  0x02,
                  static_cast<std::uint8_t>(0x80 | offset >> 24),
                  static_cast<std::uint8_t>(offset >> 16),
                  static_cast<std::uint8_t>(offset >> 8),
                  static_cast<std::uint8_t>(offset),
                  0x43,
                  0xe8};
    frames.resize(frames.size() + 1000);
    peer.say(frames);
  }
  EXPECT_EQ(peer.count(C::connections_active), 1u);
}

TEST(PeerMisuse, OutsidersCannotUseUpWhatAPeerMaySend) {
  Peer peer(limited([](EndpointLimits& limits) { limits.idle_packets_per_second = 2; }));
  peer.shake_hands();
  const Packet real = *peer.client().seal(Level::application, kPing);
  Packet forged = real;
  forged.back() ^= 1;
  for (int i = 0; i < 1000; ++i) peer.server().deliver(forged, Server::path(2));
  for (int i = 0; i < 1000; ++i) peer.server().deliver(real, Server::path(2));
  EXPECT_EQ(peer.count(C::connections_active), 1u);
}

TEST(PeerMisuse, MemoryOfAllIsBoundedForThoseWhoAreIn) {
  EndpointConfig config = limited([](EndpointLimits& limits) {
    limits.memory = 1'000'000;
    limits.idle_packets_per_second = 0;
  });
  Server server(std::move(config));
  std::vector<std::unique_ptr<Client>> clients;
  for (std::uint8_t number = 1; number <= 10; ++number) {
    const Path path = Server::path(number);
    Client& client =
        *clients.emplace_back(std::make_unique<Client>("hq-interop", path, server.now(), Client::Kind{}));
    for (int i = 0; i < 4; ++i) {
      for (const Packet& packet : client.write(server.now())) server.deliver(packet, path);
      for (const auto& sent : server.take_sent()) client.read(sent.payload, server.now());
    }
  }
  ASSERT_EQ(server.counters().get(C::connections_active), 10u);
  // Single bytes far apart, each of which has ngtcp2 keep a chunk of 8 KiB: 250 KB a client.
  for (std::uint32_t offset = 1; offset < 250'000; offset += 20'000)
    for (std::uint8_t number = 1; number <= 10; ++number)
      for (std::uint8_t stream = 0; stream <= 8; stream += 4) {
        const auto packet = clients[number - 1]->seal(
            Level::application,
            Packet{0x0e, stream, static_cast<std::uint8_t>(0x80 | offset >> 24),
                   static_cast<std::uint8_t>(offset >> 16), static_cast<std::uint8_t>(offset >> 8),
                   static_cast<std::uint8_t>(offset), 1, 'x'});
        server.deliver(*packet, Server::path(number));
        (void)server.take_sent();
      }
  EXPECT_GT(server.counters().get(C::connections_closed_memory), 0u);
  EXPECT_LE(server.endpoint().memory().used(), 1'100'000u);
}

TEST(PeerMisuse, StreamsThatDoNotMoveEndTheConnection) {
  Peer peer(limited([](EndpointLimits& limits) { limits.stall_timeout = seconds(20); }));
  peer.shake_hands();
  peer.say({0x08, 0x00, 'G', 'E', 'T'});  // a request that does not end
  for (int i = 0; i < 3; ++i) {
    peer.server().pass(seconds(6));
    peer.say(kPing);
  }
  EXPECT_EQ(peer.count(C::connections_active), 1u);
  peer.server().pass(seconds(3));
  EXPECT_EQ(peer.count(C::connections_closed_stalled), 1u);
  EXPECT_EQ(peer.count(C::connections_active), 0u);
}

TEST(PeerMisuse, WithoutStreamsThereIsNothingToStall) {
  Peer peer(limited([](EndpointLimits& limits) { limits.stall_timeout = seconds(20); }));
  peer.shake_hands();
  for (int i = 0; i < 10; ++i) {
    peer.server().pass(seconds(6));
    peer.say(kPing);
  }
  EXPECT_EQ(peer.count(C::connections_active), 1u);
}

TEST(PeerMisuse, MemoryOfAConnectionIsBounded) {
  Peer peer(limited([](EndpointLimits& limits) {
    limits.connection_memory = 200'000;
    limits.idle_packets_per_second = 0;
  }));
  peer.shake_hands();
  // Single bytes far apart: each makes ngtcp2 keep a whole chunk.
  for (std::uint32_t offset = 1; offset < 250'000 && peer.count(C::connections_active) == 1;
       offset += 20'000) {
    for (std::uint8_t stream = 0; stream < 80; stream += 4)
      peer.say({0x0e, static_cast<std::uint8_t>(0x40), stream, static_cast<std::uint8_t>(0x80 | offset >> 24),
                static_cast<std::uint8_t>(offset >> 16), static_cast<std::uint8_t>(offset >> 8),
                static_cast<std::uint8_t>(offset), 1, 'x'});
  }
  EXPECT_EQ(peer.count(C::connections_closed_memory), 1u);
  EXPECT_EQ(peer.count(C::connections_closing), 1u) << "with a frame";
}

/// All that a server has sent to a client, in bytes.
std::size_t take_bytes(Server& server) {
  const auto sent = server.take_sent();
  return std::accumulate(sent.begin(), sent.end(), std::size_t{0},
                         [](std::size_t sum, const auto& one) { return sum + one.payload.size(); });
}

TEST(UnprovenAddress, GetsNoMoreThanThreeTimesWhatCameFromIt) {
  Server server;
  const Path path = Server::path(1);
  Client client("hq-interop", path, server.now(), {});
  std::size_t received = 0;
  for (const Packet& packet : client.write(server.now())) {
    server.deliver(packet, path);
    received += packet.size();
  }
  std::size_t sent = take_bytes(server);
  EXPECT_GT(sent, 0u);
  server.pass(seconds(9));  // it would send its flight again
  sent += take_bytes(server);
  EXPECT_LE(sent, 3 * received);
}

TEST(UnprovenAddress, GetsNoMoreInClosesEither) {
  Server server;
  const Path path = Server::path(1);
  Client client("hq-interop", path, server.now(), {});
  (void)client.write(server.now());
  // A KeyUpdate where a ClientHello belongs. The server's close is padded to 1,200 bytes, and so is this.
  const Packet bad = *client.seal(Level::initial, Packet{0x06, 0, 5, 24, 0, 0, 1, 0});
  server.deliver(bad, path);
  std::size_t received = bad.size(), sent = take_bytes(server);
  EXPECT_EQ(server.counters().get(C::connections_closing), 1u);
  EXPECT_GT(sent, 0u);
  const Packet tiny(bad.begin(), bad.begin() + 60);
  for (int i = 0; i < 64; ++i) {
    server.deliver(tiny, path);
    received += tiny.size();
    sent += take_bytes(server);
    ASSERT_LE(sent, 3 * received) << i;
  }
}

TEST(UnprovenAddress, RetryAndVersionNegotiationAreSmallerThanWhatAskedForThem) {
  EndpointConfig config;
  config.retry = RetryMode::always;
  Server server(std::move(config));
  const Path path = Server::path(1);
  Client client("hq-interop", path, server.now(), {});
  Packet initial = client.write(server.now()).front();
  server.deliver(initial, path);
  EXPECT_LE(take_bytes(server), initial.size());
  EXPECT_EQ(server.counters().get(C::retries_sent), 1u);
  EXPECT_EQ(server.connections(), 0u) << "nothing is kept";
  initial[1] = 0xba;  // a version that nobody has
  server.deliver(initial, path);
  EXPECT_LE(take_bytes(server), initial.size());
  EXPECT_EQ(server.counters().get(C::version_negotiations_sent), 1u);
}

TEST(UnprovenAddress, ABadAnswerToARetryIsClosed) {
  EndpointConfig config;
  config.retry = RetryMode::always;
  Server server(std::move(config));
  const Path path = Server::path(1);
  // NGTCP2_CRYPTO_TOKEN_MAGIC_RETRY2, and rubbish.
  Packet token(80, 0x55);
  token[0] = 0xb7;
  Client client("hq-interop", path, server.now(), {}, token);
  server.deliver(client.write(server.now()).front(), path);
  for (const auto& sent : server.take_sent()) client.read(sent.payload, server.now());
  EXPECT_EQ(client.closed(), static_cast<std::uint64_t>(NGTCP2_INVALID_TOKEN)) << "RFC 9000 section 8.1.2";
  EXPECT_EQ(server.connections(), 0u);
}

TEST(Limits, RefuseConnectionsByName) {
  const std::vector<std::pair<std::function<void(EndpointLimits&)>, C>> cases{
      {[](EndpointLimits& limits) { limits.connections = 3; }, C::connections_refused},
      {[](EndpointLimits& limits) { limits.connections_per_prefix = 3; }, C::refused_prefix},
      {[](EndpointLimits& limits) { limits.handshakes = 3; }, C::refused_handshakes},
      {[](EndpointLimits& limits) { limits.memory = 200'000; }, C::refused_memory}};
  for (const auto& [change, counter] : cases) {
    Server server(limited(change));
    std::optional<std::uint64_t> code;
    for (std::uint8_t number = 1; number < 20 && server.counters().get(counter) == 0; ++number) {
      const Path path = Server::path(number);
      Client client("hq-interop", path, server.now(), {});
      server.deliver(client.write(server.now()).front(), path);
      for (const auto& sent : server.take_sent()) client.read(sent.payload, server.now());
      code = client.closed();
    }
    EXPECT_EQ(server.counters().get(counter), 1u);
    EXPECT_EQ(code, static_cast<std::uint64_t>(NGTCP2_CONNECTION_REFUSED));
    EXPECT_GE(server.connections(), 1u);
    server.pass(seconds(60));
    EXPECT_EQ(server.connections(), 0u);
    const Path path = Server::path(99);
    Client later("hq-interop", path, server.now(), {});
    server.deliver(later.write(server.now()).front(), path);
    EXPECT_EQ(server.connections(), 1u) << "the places are free again";
  }
}

TEST(StatelessReset, IsShorterThanWhatItAnswersAndRare) {
  Server server(limited([](EndpointLimits& limits) { limits.resets_per_second = 50; }));
  int answered = 0;
  for (std::size_t size = 19; size < 90; ++size) {
    Packet unknown(size, 0x40);
    server.deliver(unknown, Server::path(1));
    for (const auto& sent : server.take_sent()) {
      ++answered;
      EXPECT_LT(sent.payload.size(), size);
      EXPECT_GE(sent.payload.size(), 21u) << "RFC 9000 section 10.3";
      EXPECT_EQ(sent.payload[0] & 0xc0, 0x40) << "looks like any short header";
    }
  }
  EXPECT_EQ(answered, 50);
  EXPECT_GT(server.counters().get(C::drop_reset_limited), 0u);
  server.pass(seconds(1));
  server.deliver(Packet(100, 0x40), Server::path(1));
  EXPECT_EQ(server.take_sent().size(), 1u);
}

}  // namespace
}  // namespace quicrx::test
