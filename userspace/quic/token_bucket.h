// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstdint>

#include "quicrx/datagram.h"

namespace quicrx {

/// Lets so many things happen in a second, and as many at once as `burst`.
class TokenBucket {
 public:
  TokenBucket(std::uint64_t rate_per_second, std::uint64_t burst)
      : rate_(rate_per_second), burst_(static_cast<double>(burst)), level_(burst_) {}

  /// Takes `cost` if there is as much.
  bool take(Timestamp now, double cost = 1) {
    if (now > last_) {
      level_ = std::min(
          burst_, level_ + std::chrono::duration<double>(now - last_).count() * static_cast<double>(rate_));
      last_ = now;
    }
    if (level_ < cost) return false;
    level_ -= cost;
    return true;
  }
  void give(double amount) { level_ = std::min(burst_, level_ + amount); }

 private:
  std::uint64_t rate_;
  double burst_;
  double level_;
  Timestamp last_;
};

}  // namespace quicrx
