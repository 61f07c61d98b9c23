// SPDX-License-Identifier: MIT
#include "quic/ack_eliciting.h"

#include <cstddef>
#include <cstdint>
#include <optional>

namespace quicrx {
namespace {

enum FrameType : std::uint8_t {
  padding = 0x00,
  ack = 0x02,
  ack_ecn = 0x03,
  close = 0x1c,
  application_close = 0x1d
};

/// A variable-length integer (RFC 9000 section 16) taken from the front; nothing when it is not all there.
std::optional<std::uint64_t> take_varint(Bytes& bytes) {
  if (bytes.empty()) return std::nullopt;
  const std::size_t size = std::size_t{1} << (bytes[0] >> 6);
  if (bytes.size() < size) return std::nullopt;
  std::uint64_t value = bytes[0] & 0x3fu;
  for (std::size_t i = 1; i < size; ++i) value = value << 8 | bytes[i];
  bytes = bytes.subspan(size);
  return value;
}

/// Takes an ACK frame behind its type (section 19.3); false when it is not all there.
bool take_ack(Bytes& frames, bool with_ecn) {
  const auto largest = take_varint(frames), delay = take_varint(frames), ranges = take_varint(frames);
  if (!largest || !delay || !ranges || *ranges > frames.size()) return false;
  const std::uint64_t numbers = 1 + 2 * *ranges + (with_ecn ? 3 : 0);
  for (std::uint64_t i = 0; i < numbers; ++i)
    if (!take_varint(frames)) return false;
  return true;
}

}  // namespace

bool is_ack_eliciting(Bytes frames) {
  while (!frames.empty()) {
    const std::uint8_t type = frames.front();
    if (type == close || type == application_close) return false;  // nothing of the packet matters any more
    if (type != padding && type != ack && type != ack_ecn) return true;
    frames = frames.subspan(1);
    if (type != padding && !take_ack(frames, type == ack_ecn)) return true;
  }
  return false;
}

}  // namespace quicrx
