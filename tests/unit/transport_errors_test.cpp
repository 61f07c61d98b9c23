// SPDX-License-Identifier: MIT
/// What RFC 9000 says a server MUST close a connection for, and with which code: one frame or packet each.
#include <gtest/gtest.h>
#include <ngtcp2/ngtcp2.h>

#include <algorithm>

#include "../fuzz/client.h"
#include "../fuzz/server.h"

namespace quicrx::test {
namespace {

using fuzz::Client;
using fuzz::Level;
using fuzz::Packet;
using fuzz::Server;

constexpr std::uint64_t kFlowControl = NGTCP2_FLOW_CONTROL_ERROR, kStreamLimit = NGTCP2_STREAM_LIMIT_ERROR,
                        kStreamState = NGTCP2_STREAM_STATE_ERROR, kFinalSize = NGTCP2_FINAL_SIZE_ERROR,
                        kFrameEncoding = NGTCP2_FRAME_ENCODING_ERROR,
                        kParameters = NGTCP2_TRANSPORT_PARAMETER_ERROR,
                        kViolation = NGTCP2_PROTOCOL_VIOLATION, kCryptoBuffer = NGTCP2_CRYPTO_BUFFER_EXCEEDED;

struct Case {
  const char* what;
  Packet frames;
  std::uint64_t code;
};

/// Lets gtest name a case that fails.
void PrintTo(const Case& one, std::ostream* out) {
  *out << one.what;
}

/// A client and a server in memory.
class Talk {
 public:
  explicit Talk(const char* alpn = "echo") : client_(alpn, path_, server_.now(), {}) {}

  /// The honest client's next flight.
  void advance() {
    for (const Packet& packet : client_.write(server_.now())) server_.deliver(packet, path_);
    hear();
  }
  /// After the server's first flight: the client's next one is written, by which its keys are known, and
  /// lost.
  void begin_handshake() {
    advance();
    lose_flight();
  }
  void lose_flight() { (void)client_.write(server_.now()); }
  void say(Level level, const Packet& frames) {
    const auto packet = client_.seal(level, frames);
    ASSERT_TRUE(packet) << "the client has no keys";
    deliver(*packet);
  }
  void deliver(const Packet& packet) {
    server_.deliver(packet, path_);
    hear();
  }
  Client& client() { return client_; }

 private:
  void hear() {
    for (const auto& sent : server_.take_sent()) client_.read(sent.payload, server_.now());
  }

  Server server_;
  Path path_ = Server::path(1);
  Client client_;
};

/// A variable-length integer of eight bytes.
Packet varint(std::uint64_t value) {
  Packet bytes(8);
  for (std::size_t i = 0; i < 8; ++i) bytes[i] = static_cast<std::uint8_t>(value >> (56 - 8 * i));
  bytes[0] |= 0xc0;
  return bytes;
}

Packet join(Packet first, const Packet& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

constexpr std::uint64_t kTooManyStreams = (std::uint64_t{1} << 60) + 1;

/// NEW_CONNECTION_ID (section 19.15): sequence number, retire prior to, an ID of this length, a token.
Packet new_id(std::uint8_t sequence, std::uint8_t retire, std::uint8_t length) {
  Packet frame{0x18, sequence, retire, length};
  frame.resize(frame.size() + length + 16, 0x77);
  return frame;
}

// Stream 1 is the server's and bidirectional, 2 the client's and 3 the server's unidirectional.
const Case kApplicationCases[] = {
    {"unknown frame type (12.4)", {0x40, 0x7f}, kFrameEncoding},
    {"frame that is cut short (12.4)", {0x04, 0x00}, kFrameEncoding},
    // STREAM_STATE_ERROR would be nicer; section 11 lets the generic code stand for any, and ngtcp2 sends
    // that.
    {"RESET_STREAM of a send-only stream (19.4)", {0x04, 3, 0, 0}, kViolation},
    {"STOP_SENDING of a receive-only stream (19.5)", {0x05, 2, 0}, kStreamState},
    {"STOP_SENDING of a stream not yet created (19.5)", {0x05, 1, 0}, kStreamState},
    {"NEW_TOKEN from a client (19.7)", {0x07, 1, 0x55}, kViolation},
    {"STREAM of a stream not yet created (19.8)", {0x08, 1, 'x'}, kStreamState},
    {"STREAM of a send-only stream (19.8)", {0x08, 3, 'x'}, kStreamState},
    {"STREAM beyond 2^62 (19.8)", join(join({0x0e, 0}, varint((std::uint64_t{1} << 62) - 1)), {1, 'x'}),
     kFlowControl},
    {"MAX_STREAM_DATA of a receive-only stream (19.10)", {0x11, 2, 0x40, 0x99}, kStreamState},
    {"MAX_STREAM_DATA of a stream not yet created (19.10)", {0x11, 1, 0x40, 0x99}, kStreamState},
    {"MAX_STREAMS, bidirectional, beyond 2^60 (19.11)", join({0x12}, varint(kTooManyStreams)),
     kFrameEncoding},
    {"MAX_STREAMS, unidirectional, beyond 2^60 (19.11)", join({0x13}, varint(kTooManyStreams)),
     kFrameEncoding},
    {"STREAM_DATA_BLOCKED of a send-only stream (19.13)", {0x15, 3, 0}, kStreamState},
    {"STREAMS_BLOCKED, bidirectional, beyond 2^60 (19.14)", join({0x16}, varint(kTooManyStreams)),
     kFrameEncoding},
    {"STREAMS_BLOCKED, unidirectional, beyond 2^60 (19.14)", join({0x17}, varint(kTooManyStreams)),
     kFrameEncoding},
    {"NEW_CONNECTION_ID that retires itself (19.15)", new_id(1, 2, 8), kFrameEncoding},
    {"NEW_CONNECTION_ID of no bytes (19.15)", new_id(1, 0, 0), kFrameEncoding},
    {"NEW_CONNECTION_ID of 21 bytes (19.15)", new_id(1, 0, 21), kFrameEncoding},
    {"RETIRE_CONNECTION_ID of one not issued (19.16)", {0x19, 0x3f}, kViolation},
    {"ACK of a packet not sent (13.1)", {0x02, 0x80, 0x0f, 0xff, 0xff, 0, 0, 0}, kViolation},
    {"ACK whose ranges go below zero (19.3.1)", {0x02, 1, 0, 0, 5}, kFrameEncoding},
    {"HANDSHAKE_DONE from a client (19.20)", {0x1e}, kViolation},
    {"a stream beyond the limit (4.6)", {0x08, 0x44, 0x00, 'x'}, kStreamLimit},
    {"a stream's data beyond its window (4.1)", join({0x0e, 0}, join(varint(1 << 22), {1, 'x'})),
     kFlowControl},
    {"a final size below what came (4.5)", {0x0a, 0, 3, 'a', 'b', 'c', 0x04, 0, 0, 1}, kFinalSize},
    {"data beyond the final size (4.5)", {0x0b, 0, 1, 'a', 0x0e, 0, 9, 1, 'x'}, kFinalSize},
    {"CRYPTO beyond what is buffered (7.5)", join({0x06}, join(varint(1 << 22), {1, 'x'})), kCryptoBuffer},
};

class ApplicationFrames : public testing::TestWithParam<Case> {};

TEST_P(ApplicationFrames, EndInTheRightClose) {
  Talk talk;
  for (int i = 0; i < 3; ++i) talk.advance();
  talk.say(Level::application, GetParam().frames);
  EXPECT_EQ(talk.client().closed(), GetParam().code);
}
INSTANTIATE_TEST_SUITE_P(TransportErrors, ApplicationFrames, testing::ValuesIn(kApplicationCases));

// RFC 9000 section 12.4, table 3: which frames may be in which packets.
const Case kHandshakeCases[] = {
    {"PATH_CHALLENGE", {0x1a, 1, 2, 3, 4, 5, 6, 7, 8}, kViolation},
    {"STREAM", {0x08, 0, 'x'}, kViolation},
    {"MAX_DATA", {0x10, 0x40, 0x99}, kViolation},
    {"NEW_CONNECTION_ID", new_id(1, 0, 8), kViolation},
    {"CONNECTION_CLOSE of the application", {0x1d, 0, 0}, kViolation},
    {"HANDSHAKE_DONE", {0x1e}, kViolation},
};

class HandshakeFrames : public testing::TestWithParam<Case> {};

TEST_P(HandshakeFrames, ThatMayNotBeThereEndInTheRightClose) {
  Talk talk;
  talk.begin_handshake();
  talk.say(Level::handshake, GetParam().frames);
  EXPECT_EQ(talk.client().closed(), GetParam().code);
}
INSTANTIATE_TEST_SUITE_P(TransportErrors, HandshakeFrames, testing::ValuesIn(kHandshakeCases));

TEST(TransportErrors, APacketWithoutFramesIsRefused) {
  Talk talk;
  talk.begin_handshake();
  talk.say(Level::handshake, {});
  EXPECT_EQ(talk.client().closed(), kViolation) << "RFC 9000 section 12.4";
}

/// Puts `after` in place of the first `before` in the ClientHello.
void expect_parameter_error(const char* what, const Packet& before, const Packet& after) {
  Talk talk;
  talk.lose_flight();
  Packet frames = talk.client().first_frames(Level::initial);
  const Packet type{0, 0x39, 0};
  const auto extension = std::search(frames.begin(), frames.end(), type.begin(), type.end());
  const auto found = std::search(extension, frames.end(), before.begin(), before.end());
  ASSERT_NE(found, frames.end()) << what;
  std::ranges::copy(after, found);
  talk.say(Level::initial, frames);
  EXPECT_EQ(talk.client().closed(), kParameters) << what;
}

TEST(TransportErrors, TransportParametersThatMayNotBe) {
  // RFC 9000 sections 7.3, 7.4 and 18.2. Another parameter of the client's is given the number of a wrong
  // one. 0x0e active_connection_id_limit is of one byte; 0x0f initial_source_connection_id.
  expect_parameter_error("initial_source_connection_id is missing", {0x0f, 17}, {0x3f, 17});
  expect_parameter_error("active_connection_id_limit below 2", {0x08, 1, 10}, {0x0e, 1, 1});
  expect_parameter_error("ack_delay_exponent above 20", {0x08, 1, 10}, {0x0a, 1, 21});
  expect_parameter_error("original_destination_connection_id from a client", {0x0f, 17}, {0x00, 17});
  expect_parameter_error("retry_source_connection_id from a client", {0x08, 1}, {0x10, 1});
  expect_parameter_error("stateless_reset_token from a client", {0x08, 1}, {0x02, 1});
  expect_parameter_error("preferred_address from a client", {0x08, 1}, {0x0d, 1});
  expect_parameter_error("max_udp_payload_size below 1,200", {0x08, 1, 10}, {0x03, 1, 7});
}

}  // namespace
}  // namespace quicrx::test
