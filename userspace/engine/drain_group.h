// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <cstddef>

namespace quicrx {

/// Workers that stop together: none ends while another has something under way. Any thread.
class DrainGroup {
 public:
  explicit DrainGroup(std::size_t workers) : busy_(workers) {}
  [[nodiscard]] bool drained() const { return busy_.load(std::memory_order_acquire) == 0; }

  /// A worker's part. It begins as one that has something under way, and may come to have something again: a
  /// client may not have heard yet that it is to ask for nothing more.
  class Member {
   public:
    explicit Member(DrainGroup& group) : group_(group) {}
    void update(bool drained) {
      if (drained == drained_) return;
      drained_ = drained;
      drained ? --group_.busy_ : ++group_.busy_;
    }
    [[nodiscard]] bool drained() const { return drained_; }

   private:
    DrainGroup& group_;
    bool drained_ = false;
  };

 private:
  std::atomic<std::size_t> busy_;
};

}  // namespace quicrx
