// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>

#include "quicrx/bytes.h"

namespace quicrx {

/// Walks over bytes in network order. Reading past the end yields zeros and makes ok() false, so that a
/// parser checks once.
class Reader {
 public:
  explicit Reader(Bytes bytes) noexcept : bytes_(bytes) {}

  [[nodiscard]] bool ok() const noexcept { return ok_; }
  [[nodiscard]] std::size_t position() const noexcept { return position_; }
  [[nodiscard]] std::size_t left() const noexcept { return bytes_.size() - position_; }

  std::uint8_t u8() noexcept { return need(1) ? bytes_[position_++] : 0; }
  std::uint16_t u16() noexcept {
    if (!need(2)) return 0;
    const auto value = static_cast<std::uint16_t>(bytes_[position_] << 8 | bytes_[position_ + 1]);
    position_ += 2;
    return value;
  }
  /// A view of the next `count` bytes; empty past the end.
  Bytes take(std::size_t count) noexcept {
    if (!need(count)) return {};
    const Bytes taken = bytes_.subspan(position_, count);
    position_ += count;
    return taken;
  }

 private:
  bool need(std::size_t count) noexcept {
    ok_ = ok_ && left() >= count;
    return ok_;
  }

  Bytes bytes_;
  std::size_t position_ = 0;
  bool ok_ = true;
};

}  // namespace quicrx
