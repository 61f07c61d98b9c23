// SPDX-License-Identifier: MIT
#pragma once

#include <poll.h>

#include <chrono>
#include <ctime>
#include <span>

namespace quicrx {

/// ppoll(2), by nanoseconds; a negative timeout is none.
inline int poll_for(std::span<pollfd> polled, std::chrono::nanoseconds timeout) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(timeout);
  const timespec limit{seconds.count(), (timeout - seconds).count()};
  return ppoll(polled.data(), polled.size(), timeout.count() < 0 ? nullptr : &limit, nullptr);
}

}  // namespace quicrx
