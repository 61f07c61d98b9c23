// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "quicrx/bytes.h"

namespace quicrx {

/// A variable-length integer (RFC 9000 section 16) taken from the front; nothing when it is not all there.
inline std::optional<std::uint64_t> take_varint(Bytes& bytes) {
  if (bytes.empty()) return std::nullopt;
  const std::size_t size = std::size_t{1} << (bytes[0] >> 6);
  if (bytes.size() < size) return std::nullopt;
  std::uint64_t value = bytes[0] & 0x3fu;
  for (std::size_t i = 1; i < size; ++i) value = value << 8 | bytes[i];
  bytes = bytes.subspan(size);
  return value;
}

}  // namespace quicrx
