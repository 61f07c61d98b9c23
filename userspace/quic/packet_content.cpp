// SPDX-License-Identifier: MIT
#include "quic/packet_content.h"

#include <algorithm>
#include <cstdint>
#include <optional>

#include "net/varint.h"

namespace quicrx {
namespace {

enum FrameType : std::uint8_t {
  padding = 0x00,
  ping = 0x01,
  ack = 0x02,
  ack_ecn = 0x03,
  reset_stream = 0x04,
  stop_sending = 0x05,
  stream = 0x08,  // to 0x0f, with these bits
  stream_last = 0x0f,
  max_data = 0x10,
  streams_blocked_uni = 0x17,
  retire_connection_id = 0x19,
  close = 0x1c,
  application_close = 0x1d
};
constexpr std::uint8_t kHasOffset = 0x04, kHasLength = 0x02;

bool take_varints(Bytes& frames, std::uint64_t count) {
  for (std::uint64_t i = 0; i < count; ++i)
    if (!take_varint(frames)) return false;
  return true;
}

/// Takes an ACK frame behind its type (section 19.3); false when it is not all there.
bool take_ack(Bytes& frames, bool with_ecn) {
  const auto largest = take_varint(frames), delay = take_varint(frames), ranges = take_varint(frames);
  if (!largest || !delay || !ranges || *ranges > frames.size()) return false;
  return take_varints(frames, 1 + 2 * *ranges + (with_ecn ? 3 : 0));
}

/// Takes a STREAM frame behind its type (section 19.8): how much data it has.
std::optional<std::size_t> take_stream(Bytes& frames, std::uint8_t type) {
  if (!take_varints(frames, (type & kHasOffset) != 0 ? 2 : 1)) return std::nullopt;
  std::uint64_t bytes = frames.size();
  if ((type & kHasLength) != 0) {
    const auto length = take_varint(frames);
    if (!length || *length > frames.size()) return std::nullopt;
    bytes = *length;
  }
  frames = frames.subspan(bytes);
  return bytes;
}

/// How many integers a frame is of that has nothing else (sections 19.4, 19.5, 19.9 to 19.14, 19.16).
std::optional<std::uint64_t> integers_of(std::uint8_t type) {
  constexpr std::uint8_t kOfTwo[] = {stop_sending, 0x11, 0x15};
  if (type == ping) return 0;
  if (type == reset_stream) return 3;
  if (std::ranges::find(kOfTwo, type) != std::end(kOfTwo)) return 2;
  if ((type >= max_data && type <= streams_blocked_uni) || type == retire_connection_id) return 1;
  return std::nullopt;
}

}  // namespace

PacketContent read_content(Bytes frames) {
  PacketContent content;
  while (!frames.empty()) {
    const std::uint8_t type = frames.front();
    if (type == close || type == application_close) return {};  // nothing of the packet matters any more
    frames = frames.subspan(1);
    if (type == padding) continue;
    if (type == ack || type == ack_ecn) {
      if (take_ack(frames, type == ack_ecn)) continue;
      content.ack_eliciting = true;
      return content;
    }
    content.ack_eliciting = true;
    if (type >= stream && type <= stream_last) {
      const auto bytes = take_stream(frames, type);
      if (!bytes) return content;
      content.stream_bytes += *bytes;
    } else if (const auto integers = integers_of(type); !integers || !take_varints(frames, *integers)) {
      return content;
    }
  }
  return content;
}

}  // namespace quicrx
