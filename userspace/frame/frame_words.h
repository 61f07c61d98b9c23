// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <span>

#include "quicrx/frame_pool.h"

namespace quicrx {

/// A frame's state (low 8 bits) and generation (high 24 bits): one word each, so that one look tells both and
/// the words can lie in memory that another process reads.
using FrameWord = std::atomic<std::uint32_t>;

constexpr std::uint32_t frame_word(std::uint32_t generation, FrameState state) {
  return (generation & Tag::kGenerationMask) << 8 | static_cast<std::uint32_t>(state);
}
constexpr std::uint32_t generation_of(std::uint32_t word) {
  return word >> 8;
}
constexpr FrameState state_of(std::uint32_t word) {
  return static_cast<FrameState>(word & 0xff);
}

inline FrameCounts count_states(std::span<const FrameWord> words) {
  FrameCounts counts;
  for (const FrameWord& word : words) {
    switch (state_of(word.load(std::memory_order_relaxed))) {
      case FrameState::free:
        ++counts.free;
        break;
      case FrameState::fill:
        ++counts.fill;
        break;
      case FrameState::held:
        ++counts.held;
        break;
      case FrameState::transmit:
        ++counts.transmit;
        break;
    }
  }
  return counts;
}

}  // namespace quicrx
