// SPDX-License-Identifier: MIT
/// Any datagrams to an endpoint, from several addresses: connection IDs, versions, tokens, Initials.
///
/// Input: a byte that configures the endpoint, then operations. Each is a byte (below) and what it needs.
#include <array>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "client.h"
#include "input.h"
#include "require.h"
#include "server.h"

namespace quicrx::fuzz {
namespace {

constexpr int kMaxOperations = 32;

// The first byte.
constexpr std::uint8_t kRetry = 0x01;
constexpr std::uint8_t kFewConnections = 0x02;

// The low bits of an operation's byte; the next two choose the client.
enum Operation : std::uint8_t { bytes, padded, with_token, pass };
constexpr std::uint8_t kMask = 0x03;
// The others, for a client with a token:
constexpr std::uint8_t kLastToken = 0x10;  // of the last Retry, with the input over it
constexpr std::uint8_t kFollow = 0x20;     // it answers a Retry

EndpointConfig config_for(std::uint8_t byte) {
  EndpointConfig config;
  if ((byte & kRetry) != 0) config.retry = RetryMode::always;
  if ((byte & kFewConnections) != 0) config.limits.connections = 1;
  return config;
}

/// The token of a Retry (RFC 9000 section 17.2.5); empty when it is none.
Packet token_of(Bytes packet) {
  constexpr std::size_t kTagBytes = 16, kVersionEnd = 5;
  if (packet.size() <= kVersionEnd || (packet[0] & 0xf0) != 0xf0) return {};
  std::size_t at = kVersionEnd;
  for (int id = 0; id < 2 && at < packet.size(); ++id) at += 1u + packet[at];
  if (at + kTagBytes > packet.size()) return {};
  return {packet.begin() + static_cast<std::ptrdiff_t>(at), packet.end() - kTagBytes};
}

class Play {
 public:
  explicit Play(std::uint8_t configuration) : server_(config_for(configuration)) {}

  void step(Input& input) {
    const std::uint8_t byte = input.u8();
    const std::uint8_t client = byte >> 2 & 3;
    switch (static_cast<Operation>(byte & kMask)) {
      case bytes:
        deliver(client, input.take(input.u16() % (kLongest + 1)));
        break;
      case padded: {  // to what an Initial must have
        const Bytes given = input.take(input.u8());
        Packet packet(given.begin(), given.end());
        packet.resize(kMinInitial);
        deliver(client, packet);
        break;
      }
      case with_token:
        send_initial(client, byte, input.take(input.u8()));
        break;
      case pass:
        server_.pass(std::chrono::milliseconds(1) * (1 << (input.u8() & 15)));
        break;
    }
    check_amplification();
  }

  void end() {
    server_.pass(EndpointLimits().handshake_timeout + std::chrono::seconds(10));
    check_amplification();
    require(server_.counters().get(EndpointCounter::connections_active) == 0,
            "nobody has completed a handshake");
    require(server_.connections() == 0, "no handshake lasts for ever");
  }

 private:
  static constexpr std::size_t kMinInitial = 1200, kLongest = 1452;

  void send_initial(std::uint8_t client, std::uint8_t byte, Bytes given) {
    Packet token(given.begin(), given.end());
    if ((byte & kLastToken) != 0) {
      token = last_token_;
      for (std::size_t i = 0; i < std::min(given.size(), token.size()); ++i) token[i] ^= given[i];
    }
    Client honest(kAlpns[0], Server::path(client), server_.now(), {}, token);
    for (const Packet& packet : honest.write(server_.now())) deliver(client, packet);
    for (const auto& answer : check_amplification())
      if ((byte & kFollow) != 0 && !token_of(answer.payload).empty()) {
        honest.read(answer.payload, server_.now());
        proven_.insert(answer.path.remote.to_string());
      }
    for (const Packet& packet : honest.write(server_.now())) deliver(client, packet);
  }

  void deliver(std::uint8_t client, Bytes datagram) {
    const Path path = Server::path(client);
    received_[path.remote.to_string()] += datagram.size();
    server_.deliver(datagram, path);
  }

  /// RFC 9000 section 8: not more than three times what came from an address that is not proven. Returns the
  /// answers.
  std::vector<test::FakePort::Sent> check_amplification() {
    auto answers = server_.take_sent();
    for (const auto& sent : answers) {
      const std::string to = sent.path.remote.to_string();
      sent_[to] += sent.payload.size();
      require(proven_.contains(to) || sent_[to] <= 3 * received_[to],
              "answers are not larger than three times what came");
      if (Packet token = token_of(sent.payload); !token.empty()) last_token_ = std::move(token);
    }
    return answers;
  }

  Server server_;
  std::map<std::string, std::size_t> received_, sent_;
  std::set<std::string> proven_;  // addresses
  Packet last_token_;
};

void run_one(Input input) {
  Play play(input.u8());
  for (int i = 0; i < kMaxOperations && !input.empty(); ++i) play.step(input);
  play.end();
}

}  // namespace
}  // namespace quicrx::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t bytes) {
  quicrx::fuzz::run_one({data, bytes});
  return 0;
}
