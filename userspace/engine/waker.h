// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <cstddef>

#include "frame/descriptor.h"
#include "quicrx/result.h"

namespace quicrx {

/// Wakes a thread that sleeps in poll(), and costs no system call while it is awake.
///
/// The sleeper announces itself, then looks once more at what it could be woken for, then sleeps: whoever
/// publishes something and calls wake() either sees it announced or has published in time for that look.
class Waker {
 public:
  static Result<Waker> create();
  explicit Waker(Descriptor event) : event_(std::move(event)) {}
  Waker(Waker&& other) noexcept
      : event_(std::move(other.event_)), asleep_(other.asleep_.load(std::memory_order_relaxed)) {}

  /// Any thread, after what the sleeper is to see was published. True when a system call was made.
  bool wake();

  // The sleeper's side.

  /// What was published before a wake() that saw no sleeper is visible after this.
  void announce_sleep() { asleep_.exchange(true, std::memory_order_acq_rel); }
  /// Readable when woken.
  [[nodiscard]] int descriptor() const { return event_.get(); }
  /// Awake again; `woken`: the descriptor was readable.
  void end_sleep(bool woken);

 private:
  static constexpr std::size_t kLine = 64;  // others write to it

  Descriptor event_;
  alignas(kLine) std::atomic<bool> asleep_{false};
};

}  // namespace quicrx
