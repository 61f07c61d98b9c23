// SPDX-License-Identifier: MIT
#include "quic/ack_eliciting.h"

#include <cstddef>
#include <cstdint>
#include <optional>

#include "net/varint.h"

namespace quicrx {
namespace {

enum FrameType : std::uint8_t {
  padding = 0x00,
  ack = 0x02,
  ack_ecn = 0x03,
  close = 0x1c,
  application_close = 0x1d
};

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
