// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <vector>

#include "frame/mapping.h"
#include "frame/slab_pool.h"
#include "quicrx/heap_pool.h"

namespace quicrx {

/// What a HeapPool's frames are made of; before the pool, which looks at it from its constructor on.
struct HeapPoolParts {
  Mapping memory;
  std::vector<FrameWord> words;
  PoolCounters counters;
};

/// A slab pool with memory of its own.
class HeapPool final : private HeapPoolParts, public SlabPool {
 public:
  static Result<std::unique_ptr<FramePool>> make(Shape shape, std::uint32_t frames);

  HeapPool(Shape shape, Mapping mapped, std::uint32_t frames)
      : HeapPoolParts{std::move(mapped), std::vector<FrameWord>(frames), {}},
        SlabPool(shape, HeapPoolParts::memory.bytes(), words, HeapPoolParts::counters) {}
};

}  // namespace quicrx
