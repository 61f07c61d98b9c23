// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <deque>

#include "quicrx/service.h"

namespace quicrx {

/// Stream data between its arrival and the acknowledgement of its echo: a queue of bytes, the front ones sent
/// already. Bytes stay where they are until they are acknowledged.
class EchoBuffer {
 public:
  /// Keeps what the connection gives it to hold by.
  explicit EchoBuffer(StreamControl& connection) : connection_(connection) {}

  void append(Bytes data);
  /// What comes next and lies together; empty when all was sent.
  [[nodiscard]] MutableBytes unsent();
  /// The first `bytes` of unsent() were sent.
  void sent(std::uint64_t bytes);
  void acked(std::uint64_t bytes);

  /// Bytes that are not acknowledged.
  [[nodiscard]] std::uint64_t size() const { return appended_ - acked_; }
  /// Bytes that were not sent.
  [[nodiscard]] std::uint64_t left() const { return appended_ - sent_; }

 private:
  StreamControl& connection_;
  std::deque<HeldBytes> chunks_;    // small pieces share one, so that a byte costs about a byte
  std::size_t sending_ = 0;         // the chunk that is sent from
  std::size_t sent_of_chunk_ = 0;   // of that chunk
  std::size_t acked_of_first_ = 0;  // of the first chunk
  std::uint64_t appended_ = 0;
  std::uint64_t sent_ = 0;
  std::uint64_t acked_ = 0;
};

}  // namespace quicrx
