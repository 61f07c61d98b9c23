// SPDX-License-Identifier: MIT
#include "frame/heap_pool.h"

#include "frame/lazy_memory.h"

namespace quicrx {
namespace {

constexpr std::size_t kMostFrameBytes = std::size_t{1} << 24;

}  // namespace

Result<std::unique_ptr<FramePool>> HeapPool::make(Shape shape, std::uint32_t frames) {
  auto memory = map_lazily(frames * shape.frame_bytes);
  if (!memory) return tl::unexpected(memory.error());
  return std::make_unique<HeapPool>(shape, std::move(*memory), frames);
}

Result<std::unique_ptr<FramePool>> make_heap_pool(const HeapPoolOptions& options) {
  if (options.frames == 0 || options.frames > Tag::kMaxFrames)
    return fail(ErrorKind::usage, "a pool has between 1 and " + std::to_string(Tag::kMaxFrames) + " frames");
  if (options.id < kFirstUserPool)
    return fail(ErrorKind::usage,
                "IDs of pools below " + std::to_string(kFirstUserPool) + " are quicrx's own");
  if (options.frame_bytes > kMostFrameBytes)
    return fail(ErrorKind::usage, "a frame has at most " + std::to_string(kMostFrameBytes) + " bytes");
  if (options.headroom >= options.frame_bytes)
    return fail(ErrorKind::usage, "a headroom of " + std::to_string(options.headroom) +
                                      " bytes leaves no room in frames of " +
                                      std::to_string(options.frame_bytes));
  return HeapPool::make({options.id, options.frame_bytes, options.headroom}, options.frames);
}

}  // namespace quicrx
