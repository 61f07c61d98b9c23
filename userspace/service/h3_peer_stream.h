// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "quicrx/bytes.h"
#include "quicrx/service.h"
#include "service/control_stream_guard.h"

namespace quicrx {

/// A variable-length integer (RFC 9000 section 16) that comes byte by byte.
class VarintReader {
 public:
  /// The integer, once its last byte has come; the reader is then ready for another.
  std::optional<std::uint64_t> push(std::uint8_t byte);

 private:
  std::uint64_t value_ = 0;
  unsigned left_ = 0;
};

/// A unidirectional stream of the peer, where nghttp3 1.8 is not exact: a stream that ends before its type is
/// taken for the control stream, and of the frames with an ID some are not refused, and some with the wrong
/// error.
class H3PeerStream {
 public:
  /// Takes the bytes of the stream's type out of `data`; typed() once all have come.
  void read_type(Bytes& data);
  [[nodiscard]] bool typed() const { return type_.has_value(); }
  [[nodiscard]] bool is_encoder() const { return type_ == 2; }
  /// The type as it came, which nghttp3 is still to see.
  [[nodiscard]] Bytes type_bytes() const;

  /// Looks at what follows the type. The error with which the connection ends, if one is found.
  std::optional<AppError> inspect(Bytes data);

  /// What nghttp3 may have of the stream now, type and all, when `data` has come.
  std::vector<std::uint8_t> pass(Bytes data) { return guard_.pass(data); }

 private:
  enum class State { type, length, payload, not_watched };

  [[nodiscard]] bool holds_one_id() const;
  std::optional<AppError> frame_begins(std::uint64_t length);
  std::optional<AppError> payload_byte(std::uint8_t byte);

  ControlStreamGuard guard_;
  std::string type_bytes_;
  std::optional<std::uint64_t> type_;
  VarintReader varint_;
  State state_ = State::type;
  std::uint64_t frame_type_ = 0;
  std::uint64_t payload_left_ = 0;
  bool settings_came_ = false;
  bool id_read_ = false;
  std::optional<std::uint64_t> max_push_id_;
};

}  // namespace quicrx
