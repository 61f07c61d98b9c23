// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <cstdint>
#include <string_view>

#include "frame/counters.h"
#include "frame/frame_words.h"
#include "quicrx/frame_pool.h"

namespace quicrx {

enum class PoolCounter { released_twice, released_stale, released_foreign, bad_descriptor, count_ };
inline constexpr std::string_view kPoolCounterNames[] = {"released_twice", "released_stale",
                                                         "released_foreign", "bad_descriptor"};
using PoolCounters = Counters<PoolCounter>;

/// Why `tag` cannot be released when its frame's word is this one.
constexpr Release refusal(Tag tag, std::uint32_t word) {
  const std::uint32_t age = (generation_of(word) - tag.generation()) & Tag::kGenerationMask;
  // The present loan, but lent to the kernel; or back since, and not lent again.
  const bool twice = age == 0 || (age == 1 && state_of(word) == FrameState::free);
  return twice ? Release::twice : Release::stale;
}

/// Ends the loan that `tag` names: its frame's word becomes `next`. Refused, and counted, unless the loan is
/// the present one. `word`: null for a tag of another pool. Any thread.
inline Release end_loan(FrameWord* word, Tag tag, std::uint32_t next, PoolCounters& counters) noexcept {
  if (word == nullptr) {
    counters.add_shared(PoolCounter::released_foreign);
    return Release::foreign;
  }
  std::uint32_t seen = frame_word(tag.generation(), FrameState::held);
  if (word->compare_exchange_strong(seen, next, std::memory_order_acq_rel, std::memory_order_relaxed))
    return Release::released;
  const Release why = refusal(tag, seen);
  counters.add_shared(why == Release::twice ? PoolCounter::released_twice : PoolCounter::released_stale);
  return why;
}

}  // namespace quicrx
