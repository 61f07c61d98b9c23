// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <memory>

namespace quicrx {

/// So many Ts, that stay where they are, each made when it or a later one is first used: the rest costs
/// addresses alone.
template <typename T>
class LazyArray {
 public:
  explicit LazyArray(std::size_t size) : size_(size), memory_(std::allocator<T>().allocate(size)) {}
  LazyArray(const LazyArray&) = delete;
  LazyArray& operator=(const LazyArray&) = delete;
  ~LazyArray() {
    std::destroy_n(memory_, made_);
    std::allocator<T>().deallocate(memory_, size_);
  }

  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] T& operator[](std::size_t place) {
    while (made_ <= place) std::construct_at(memory_ + made_++);
    return memory_[place];
  }

 private:
  std::size_t size_;
  T* memory_;
  std::size_t made_ = 0;  // the first
};

}  // namespace quicrx
