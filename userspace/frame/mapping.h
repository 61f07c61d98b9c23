// SPDX-License-Identifier: MIT
#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <utility>

#include "quicrx/bytes.h"

namespace quicrx {

/// A memory mapping that is unmapped when it dies.
class Mapping {
 public:
  Mapping() = default;
  /// Takes over what mmap() returned.
  Mapping(void* start, std::size_t bytes) noexcept : start_(start), bytes_(bytes) {}
  Mapping(Mapping&& other) noexcept
      : start_(std::exchange(other.start_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}
  Mapping& operator=(Mapping&& other) noexcept {
    std::swap(start_, other.start_);
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  ~Mapping() {
    if (start_ != nullptr) munmap(start_, bytes_);
  }

  explicit operator bool() const noexcept { return start_ != nullptr; }
  [[nodiscard]] void* data() const noexcept { return start_; }
  [[nodiscard]] std::size_t size() const noexcept { return bytes_; }
  [[nodiscard]] MutableBytes bytes() const noexcept { return {static_cast<std::uint8_t*>(start_), bytes_}; }

 private:
  void* start_ = nullptr;
  std::size_t bytes_ = 0;
};

}  // namespace quicrx
