// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <mutex>
#include <optional>
#include <utility>

namespace quicrx {

/// A place where one thread leaves the latest of something for another, which looks often and finds seldom: a
/// look costs one load.
template <typename Value>
class Mailbox {
 public:
  /// What was there and not yet taken is forgotten.
  void put(Value value) {
    const std::lock_guard lock(mutex_);
    value_ = std::move(value);
    full_.store(true, std::memory_order_release);
  }
  [[nodiscard]] bool full() const { return full_.load(std::memory_order_acquire); }
  std::optional<Value> take() {
    if (!full()) return std::nullopt;
    const std::lock_guard lock(mutex_);
    full_.store(false, std::memory_order_release);
    return std::exchange(value_, std::nullopt);
  }

 private:
  std::mutex mutex_;
  std::optional<Value> value_;
  std::atomic<bool> full_{false};
};

}  // namespace quicrx
