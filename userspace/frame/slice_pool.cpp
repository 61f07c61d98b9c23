// SPDX-License-Identifier: MIT
#include "frame/slice_pool.h"

#include <algorithm>
#include <cassert>

namespace quicrx {

SlicePool::SlicePool(PoolId id, SlabPool& base, PoolCounters& counters)
    : id_(id), base_(base), counters_(counters), bases_(base.size()), words_(base.size() * kMostSlices) {
  assert(words_.size() <= Tag::kMaxFrames && base.frame_bytes() < std::size_t{1} << kFieldBits);
}

SlicePool::Cutting SlicePool::cut(Frame frame, std::size_t slice_bytes) noexcept {
  const std::size_t bytes = frame.payload().size();
  if (frame.pool() != &base_ || bytes == 0 || slice_bytes == 0) return {};
  slice_bytes = std::min(slice_bytes, bytes);
  const std::size_t slices = std::min((bytes + slice_bytes - 1) / slice_bytes, kMostSlices);
  const Layout layout =
      Layout{frame.headroom().size()} << 2 * kFieldBits | Layout{bytes} << kFieldBits | Layout{slice_bytes};
  Base& base = bases_[frame.tag().index()];
  base.layout.store(layout, std::memory_order_relaxed);
  base.holds.store(1, std::memory_order_relaxed);
  base.tag = frame.detach();
  return Cutting(*this, base.tag.index(), slices);
}

Frame SlicePool::Cutting::next() noexcept {
  return left() > 0 ? pool_->lend(base_, next_++) : Frame();
}

Frame SlicePool::lend(FrameIndex base, std::size_t slice) noexcept {
  const auto index = static_cast<FrameIndex>(base * kMostSlices + slice);
  // Free for certain: its frame was not cut anew before all slices of the last cut were back.
  const std::uint32_t generation = generation_of(words_[index].load(std::memory_order_relaxed));
  words_[index].store(frame_word(generation, FrameState::held), std::memory_order_relaxed);
  bases_[base].holds.fetch_add(1, std::memory_order_relaxed);
  const Tag tag(id_, generation, index);
  const MutableBytes bytes = memory(tag);
  Frame frame(*this, tag, bytes, 0);
  frame.resize(bytes.size());
  return frame;
}

Release SlicePool::release(Tag tag) noexcept {
  FrameWord* word = is_ours(tag) ? &words_[tag.index()] : nullptr;
  const std::uint32_t free = frame_word(tag.generation() + 1, FrameState::free);
  const Release result = end_loan(word, tag, free, counters_);
  if (result == Release::released) drop_hold(static_cast<FrameIndex>(tag.index() / kMostSlices));
  return result;
}

void SlicePool::drop_hold(FrameIndex base) noexcept {
  const Tag tag = bases_[base].tag;  // before the frame can be cut anew
  if (bases_[base].holds.fetch_sub(1, std::memory_order_acq_rel) == 1) base_.release(tag);
}

MutableBytes SlicePool::memory(Tag tag) const noexcept {
  if (!is_ours(tag)) return {};
  constexpr Layout kField = (Layout{1} << kFieldBits) - 1;
  const std::size_t base = tag.index() / kMostSlices;
  const Layout layout = bases_[base].layout.load(std::memory_order_relaxed);
  const std::size_t first = layout >> 2 * kFieldBits, all = layout >> kFieldBits & kField;
  const std::size_t each = layout & kField;
  const std::size_t start = tag.index() % kMostSlices * each;
  if (start >= all) return {};
  const MutableBytes frame = base_.memory(Tag(base_.id(), 0, static_cast<FrameIndex>(base)));
  return frame.subspan(first + start, std::min(each, all - start));
}

}  // namespace quicrx
