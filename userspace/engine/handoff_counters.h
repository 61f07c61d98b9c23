// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

#include "frame/counters.h"

namespace quicrx {

/// What a worker counts of datagrams that arrived at one worker for a connection of another.
enum class HandoffCounter {
  out,        ///< handed to other workers
  in,         ///< taken over from other workers
  drop_full,  ///< for another worker that held as much of ours as it may
  wakeups,    ///< times another worker was woken for what was handed to it
  count_
};
inline constexpr std::string_view kHandoffCounterNames[] = {"out", "in", "full", "wakeups"};
static_assert(std::size(kHandoffCounterNames) == static_cast<std::size_t>(HandoffCounter::count_));

using HandoffCounters = Counters<HandoffCounter>;

}  // namespace quicrx
