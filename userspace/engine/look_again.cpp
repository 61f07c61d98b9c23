// SPDX-License-Identifier: MIT
#include "engine/look_again.h"

#include <algorithm>
#include <utility>

namespace quicrx {
namespace {

constexpr std::chrono::nanoseconds kRetry = std::chrono::microseconds(100);
constexpr std::chrono::nanoseconds kCollect = std::chrono::milliseconds(2);
constexpr std::chrono::nanoseconds kLongest = std::chrono::milliseconds(100);
constexpr unsigned kMostDoublings = 10;

}  // namespace

std::optional<std::chrono::nanoseconds> LookAgain::after(const State& now) {
  const State last = std::exchange(last_, now);
  if (!now.somebody_waits && now.frames_out == 0) {
    fruitless_looks_ = 0;
    return std::nullopt;
  }
  const bool something_left = now.sent != last.sent;
  // Every frame is back already (a socket took what it was given): who waits can go on.
  if (now.somebody_waits && now.frames_out == 0 && something_left) {
    fruitless_looks_ = 0;
    return std::chrono::nanoseconds(0);
  }
  if (something_left || now.frames_out != last.frames_out || now.somebody_waits != last.somebody_waits)
    fruitless_looks_ = 0;
  const auto first = now.somebody_waits ? kRetry : kCollect;
  return std::min(first * (1 << std::min(fruitless_looks_++, kMostDoublings)), kLongest);
}

}  // namespace quicrx
