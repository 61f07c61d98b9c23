// SPDX-License-Identifier: MIT
/// The Internet checksum (RFC 1071).
#pragma once

#include <cstdint>

#include "quicrx/bytes.h"

namespace quicrx {

/// A one's complement sum under way. Each part but the last has an even length, at most 64 KiB. The sum
/// is taken in the machine's byte order, which the one's complement permits (RFC 1071 section 2.B).
class ChecksumSum {
 public:
  void add(Bytes bytes) noexcept;
  /// A 16-bit number in host byte order.
  void add_word(std::uint16_t word) noexcept;

  /// The checksum, to be stored into a header as it is (memcpy, no byte swap).
  [[nodiscard]] std::uint16_t finish() const noexcept;
  /// The same for UDP, where zero is sent as all ones (RFC 768, RFC 8200 section 8.1).
  [[nodiscard]] std::uint16_t finish_udp() const noexcept;

 private:
  void add_carry(std::uint64_t value) noexcept {
    sum_ += value;
    sum_ += sum_ < value ? 1 : 0;
  }

  std::uint64_t sum_ = 0;
};

}  // namespace quicrx
