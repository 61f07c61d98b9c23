// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>

namespace quicrx::load {

/// The smallest value that `part` (0 to 1) of them do not exceed: nearest rank. 0 of none.
inline std::int64_t percentile(std::span<const std::int64_t> sorted, double part) {
  if (sorted.empty()) return 0;
  // 0.999 * 1000 is a little more than 999.
  const double rank = std::ceil(part * static_cast<double>(sorted.size()) - 1e-6);
  return sorted[static_cast<std::size_t>(std::clamp(rank, 1.0, static_cast<double>(sorted.size()))) - 1];
}

}  // namespace quicrx::load
