// SPDX-License-Identifier: MIT
#pragma once

#include <optional>

#include "quicrx/frame.h"
#include "quicrx/pool_policy.h"

namespace quicrx {

/// The frames that a connection has out on one of its budgets. One thread; the frames may end anywhere.
class BudgetedFrames {
 public:
  explicit BudgetedFrames(const FrameBudget& budget) : budget_(budget) {}

  /// The connection's own; null: the worker's.
  [[nodiscard]] FramePool* own_pool() const { return budget_.pool; }
  /// Whether one more may be taken of `pool`, if it has one.
  [[nodiscard]] bool may_take(FramePool& pool) const {
    const std::uint32_t out = account_.out();
    return budget_.frames ? out < *budget_.frames : out == 0 || out < pool.available();
  }
  /// Has the frame count, for as long as it is out.
  void charge(Frame& frame) { frame.charge(account_.charge()); }

 private:
  FrameBudget budget_;
  FrameAccount account_;
};

}  // namespace quicrx
