// SPDX-License-Identifier: MIT
/// Frames in plain memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "quicrx/export.h"
#include "quicrx/frame_pool.h"
#include "quicrx/result.h"

namespace quicrx {

struct HeapPoolOptions {
  /// Unlike that of any other pool of the process: kFirstUserPool or more, for those below are quicrx's own.
  PoolId id = kFirstUserPool;
  std::uint32_t frames = 256;
  std::size_t frame_bytes = 2048;  ///< headroom and payload; at most 16 MiB
  std::size_t headroom = 0;        ///< bytes before the payload
};

/// A pool of the heap: for a connection's own frames (quicrx/pool_policy.h), or anything else. Pages come
/// with their first use. The calling thread is its owner. Refuses what cannot be: no frames, more than
/// Tag::kMaxFrames, a headroom that leaves no room.
[[nodiscard]] QUICRX_API Result<std::unique_ptr<FramePool>> make_heap_pool(const HeapPoolOptions& options);

}  // namespace quicrx
