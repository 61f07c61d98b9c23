// SPDX-License-Identifier: MIT
#include "service/h3_peer_stream.h"

#include <nghttp3/nghttp3.h>

namespace quicrx {
namespace {

constexpr std::uint64_t kControlStream = 0;
constexpr std::uint64_t kCancelPush = 3;
constexpr std::uint64_t kSettings = 4;
constexpr std::uint64_t kGoaway = 7;
constexpr std::uint64_t kMaxPushId = 13;

}  // namespace

std::optional<std::uint64_t> VarintReader::push(std::uint8_t byte) {
  if (left_ == 0) {
    left_ = 1U << (byte >> 6);
    value_ = byte & 0x3f;
  } else {
    value_ = value_ << 8 | byte;
  }
  return --left_ == 0 ? std::optional(value_) : std::nullopt;
}

void H3PeerStream::read_type(Bytes& data) {
  while (!typed() && !data.empty()) {
    type_bytes_.push_back(static_cast<char>(data.front()));
    type_ = varint_.push(data.front());
    data = data.subspan(1);
  }
  if (typed() && *type_ != kControlStream) state_ = State::not_watched;
}

Bytes H3PeerStream::type_bytes() const {
  return {reinterpret_cast<const std::uint8_t*>(type_bytes_.data()), type_bytes_.size()};
}

std::optional<AppError> H3PeerStream::inspect(Bytes data) {
  for (std::size_t i = 0; i < data.size() && state_ != State::not_watched; ++i) {
    if (state_ == State::payload) {
      if (const auto error = payload_byte(data[i])) return error;
      continue;
    }
    const auto value = varint_.push(data[i]);
    if (!value) continue;
    if (state_ == State::type) {
      frame_type_ = *value;
      state_ = State::length;
    } else if (const auto error = frame_begins(*value)) {
      return error;
    }
  }
  return std::nullopt;
}

std::optional<AppError> H3PeerStream::frame_begins(std::uint64_t length) {
  payload_left_ = length;
  id_read_ = false;
  state_ = length == 0 ? State::type : State::payload;
  if (!settings_came_ && frame_type_ != kSettings) state_ = State::not_watched;  // nghttp3 refuses it
  settings_came_ = true;
  if (state_ == State::not_watched) return std::nullopt;
  // RFC 9114 section 7.2.3: we never promise a push.
  if (frame_type_ == kCancelPush) return NGHTTP3_H3_ID_ERROR;
  if (holds_one_id() && length == 0) return NGHTTP3_H3_FRAME_ERROR;
  return std::nullopt;
}

bool H3PeerStream::holds_one_id() const {
  return frame_type_ == kMaxPushId || frame_type_ == kGoaway;
}

std::optional<AppError> H3PeerStream::payload_byte(std::uint8_t byte) {
  --payload_left_;
  if (payload_left_ == 0) state_ = State::type;
  if (!holds_one_id()) return std::nullopt;
  if (id_read_) return NGHTTP3_H3_FRAME_ERROR;
  const auto id = varint_.push(byte);
  if (!id) return payload_left_ == 0 ? std::optional<AppError>(NGHTTP3_H3_FRAME_ERROR) : std::nullopt;
  id_read_ = true;
  if (frame_type_ != kMaxPushId) return std::nullopt;
  if (id < max_push_id_) return NGHTTP3_H3_ID_ERROR;
  max_push_id_ = id;
  return std::nullopt;
}

}  // namespace quicrx
