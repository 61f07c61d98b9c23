// SPDX-License-Identifier: MIT
#include "service/control_stream_guard.h"

#include <algorithm>
#include <cstddef>
#include <optional>

#include "net/varint.h"

namespace quicrx {
namespace {

// RFC 9114 section 6.2.1, RFC 9218 section 7.2.
constexpr std::uint64_t kControlStream = 0x00;
constexpr std::uint64_t kPriorityUpdateRequest = 0xf0700, kPriorityUpdatePush = 0xf0701;

/// Whether a PRIORITY_UPDATE frame's content of `length` bytes, as far as it is there, goes beyond its ID.
bool shows_value(Bytes content, std::uint64_t length) {
  if (content.size() >= length) return true;
  return take_varint(content) && !content.empty();
}

}  // namespace

/// How many of the bytes nghttp3 may have now.
std::size_t ControlStreamGuard::passable(Bytes bytes) {
  Bytes left = bytes;
  if (stream_ == Stream::unknown) {
    const auto type = take_varint(left);
    if (!type) return 0;
    stream_ = *type == kControlStream ? Stream::control : Stream::other;
  }
  if (stream_ == Stream::other) return bytes.size();
  while (!left.empty()) {
    const auto skipped = static_cast<std::size_t>(std::min<std::uint64_t>(frame_left_, left.size()));
    frame_left_ -= skipped;
    left = left.subspan(skipped);
    Bytes frame = left;
    const auto type = take_varint(frame);
    const auto length = type ? take_varint(frame) : std::nullopt;
    if (!length) break;
    const bool update = *type == kPriorityUpdateRequest || *type == kPriorityUpdatePush;
    if (update && !shows_value(frame, *length)) break;
    frame_left_ = *length;
    left = frame;
  }
  return bytes.size() - left.size();
}

std::vector<std::uint8_t> ControlStreamGuard::pass(Bytes data) {
  std::vector<std::uint8_t> passed = std::move(held_);
  passed.insert(passed.end(), data.begin(), data.end());
  const auto end = passed.begin() + static_cast<std::ptrdiff_t>(passable(passed));
  held_.assign(end, passed.end());
  passed.erase(end, passed.end());
  return passed;
}

}  // namespace quicrx
