// SPDX-License-Identifier: MIT
/// TLS messages that no client may send, each ended by the alert that its RFC names.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>

#include "../fuzz/client.h"
#include "../fuzz/server.h"

namespace quicrx::test {
namespace {

using fuzz::Client;
using fuzz::Level;
using fuzz::Packet;

constexpr std::uint64_t kCryptoError = 0x100;  // RFC 9001 section 4.8: and the TLS alert
constexpr std::uint64_t kUnexpectedMessage = kCryptoError + 10, kMissingExtension = kCryptoError + 109;

/// A KeyUpdate in a CRYPTO frame, at the stream's start.
const Packet kKeyUpdate{0x06, 0, 5, 24, 0, 0, 1, 0};

class TlsMisuse : public testing::Test {
 protected:
  TlsMisuse() : flight_(client_.write(server_.now())) {}

  /// Lets the honest client's flight through.
  void advance() {
    for (const Packet& packet : flight_) server_.deliver(packet, path_);
    hear();
    flight_ = client_.write(server_.now());
  }

  void say(Level level, const Packet& frames) {
    const auto packet = client_.seal(level, frames);
    ASSERT_TRUE(packet) << "the client has no keys";
    server_.deliver(*packet, path_);
    hear();
  }

  void hear() {
    for (const auto& sent : server_.take_sent()) client_.read(sent.payload, server_.now());
  }

  const Path path_ = fuzz::Server::path(1);
  fuzz::Server server_;
  Client client_{"h3", path_, server_.now(), {}};
  std::vector<Packet> flight_;
};

TEST_F(TlsMisuse, AClientHelloWithoutTransportParametersIsRefused) {
  Packet frames = client_.first_frames(Level::initial);
  const Packet extension{0, 0x39, 0};  // RFC 9001 section 8.2: its type, and the length's first byte
  const auto found = std::search(frames.begin(), frames.end(), extension.begin(), extension.end());
  ASSERT_NE(found, frames.end());
  *found = 0xfa;  // one that nobody knows
  say(Level::initial, frames);
  EXPECT_EQ(client_.closed(), kMissingExtension);
}

TEST_F(TlsMisuse, AKeyUpdateInInitialIsRefused) {
  say(Level::initial, kKeyUpdate);
  EXPECT_EQ(client_.closed(), kUnexpectedMessage);
}

TEST_F(TlsMisuse, AKeyUpdateInHandshakeIsRefused) {
  advance();
  say(Level::handshake, kKeyUpdate);
  EXPECT_EQ(client_.closed(), kUnexpectedMessage);
}

/// The handshake completes in the midst of a packet: what follows is still at its level.
TEST_F(TlsMisuse, AKeyUpdateBehindFinishedIsRefused) {
  advance();
  Packet frames = client_.first_frames(Level::handshake);
  for (const std::uint8_t finished_bytes : std::array<std::uint8_t, 2>{36, 52}) {  // by the hash in use
    Packet key_update = kKeyUpdate;
    key_update[1] = finished_bytes;
    frames.insert(frames.end(), key_update.begin(), key_update.end());
  }
  say(Level::handshake, frames);
  EXPECT_TRUE(client_.closed());
}

TEST_F(TlsMisuse, AKeyUpdateInOneFrameWithFinishedIsRefused) {
  advance();
  const Packet& honest = client_.first_frames(Level::handshake);
  const Packet finished{0x14, 0, 0};
  const auto at = std::search(honest.begin(), honest.end(), finished.begin(), finished.end());
  ASSERT_NE(at, honest.end());
  const std::size_t finished_bytes = 4u + at[3];
  Packet frames{0x06, 0, static_cast<std::uint8_t>(finished_bytes + 5)};
  frames.insert(frames.end(), at, at + static_cast<std::ptrdiff_t>(finished_bytes));
  frames.insert(frames.end(), kKeyUpdate.begin() + 3, kKeyUpdate.end());
  say(Level::handshake, frames);
  EXPECT_EQ(client_.closed(), kUnexpectedMessage);
  EXPECT_EQ(server_.counters().get(EndpointCounter::handshakes_completed), 0u);
}

TEST_F(TlsMisuse, AKeyUpdateAfterTheHandshakeIsRefused) {
  advance();
  advance();
  ASSERT_EQ(server_.counters().get(EndpointCounter::handshakes_completed), 1u);
  say(Level::application, kKeyUpdate);
  EXPECT_EQ(client_.closed(), kUnexpectedMessage);
}

}  // namespace
}  // namespace quicrx::test
