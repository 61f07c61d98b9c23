// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstdint>

#include "quicrx/bytes.h"

namespace quicrx::fuzz {

/// A fuzzer's input, taken from the front. What is not there reads as zero, and take() gives what is left.
class Input {
 public:
  Input(const std::uint8_t* data, std::size_t bytes) : left_(data, bytes) {}

  [[nodiscard]] bool empty() const { return left_.empty(); }
  std::uint8_t u8() {
    const Bytes one = take(1);
    return one.empty() ? std::uint8_t{0} : one[0];
  }
  std::uint16_t u16() {
    const unsigned high = u8();
    return static_cast<std::uint16_t>(high << 8 | u8());
  }
  Bytes take(std::size_t bytes) {
    const Bytes taken = left_.first(std::min(bytes, left_.size()));
    left_ = left_.subspan(taken.size());
    return taken;
  }
  Bytes rest() { return take(left_.size()); }

 private:
  Bytes left_;
};

}  // namespace quicrx::fuzz
