// SPDX-License-Identifier: MIT
#include "frame/slab_pool.h"

#include <cassert>

namespace quicrx {

SlabPool::SlabPool(Shape shape, MutableBytes memory, std::span<FrameWord> words, PoolCounters& counters)
    : shape_(shape),
      memory_(memory),
      words_(words),
      counters_(counters),
      owner_(std::this_thread::get_id()),
      next_returned_(words.size()) {
  assert(words.size() <= Tag::kMaxFrames && memory.size() >= words.size() * shape.frame_bytes);
  free_.reserve(words.size());
  for (FrameIndex index = static_cast<FrameIndex>(words.size()); index-- > 0;) {
    words_[index].store(frame_word(0, FrameState::free), std::memory_order_relaxed);
    free_.push_back(index);
  }
}

void SlabPool::push_free(FrameIndex index) noexcept {
  if (std::this_thread::get_id() == owner_) {
    free_.push_back(index);  // never grows: it was reserved for every frame
    return;
  }
  FrameIndex head = returned_.load(std::memory_order_relaxed);
  do {
    next_returned_[index].store(head, std::memory_order_relaxed);
  } while (
      !returned_.compare_exchange_weak(head, index, std::memory_order_release, std::memory_order_relaxed));
}

void SlabPool::collect_returned() noexcept {
  if (returned_.load(std::memory_order_relaxed) == kNone) return;
  FrameIndex index = returned_.exchange(kNone, std::memory_order_acquire);
  while (index != kNone) {
    free_.push_back(index);
    index = next_returned_[index].load(std::memory_order_relaxed);
  }
}

std::optional<Frame> SlabPool::acquire() {
  const auto index = pop_free();
  if (!index) return std::nullopt;
  return loan(*index);
}

Release SlabPool::release(Tag tag) noexcept {
  const std::uint32_t free = frame_word(tag.generation() + 1, FrameState::free);
  const Release result = end_loan(word_of(tag), tag, free, counters_);
  if (result == Release::released) push_free(tag.index());
  return result;
}

Frame SlabPool::refuse_descriptor() noexcept {
  counters_.add_shared(PoolCounter::bad_descriptor);
  return {};
}

bool SlabPool::lend_for_send(Tag tag) noexcept {
  const std::uint32_t lent = frame_word(tag.generation(), FrameState::transmit);
  return end_loan(word_of(tag), tag, lent, counters_) == Release::released;
}

bool SlabPool::take_completed(FrameIndex index) noexcept {
  if (!is_in(index, FrameState::transmit)) {
    refuse_descriptor();
    return false;
  }
  FrameWord& word = words_[index];
  const std::uint32_t generation = generation_of(word.load(std::memory_order_relaxed));
  word.store(frame_word(generation + 1, FrameState::free), std::memory_order_relaxed);
  push_free(index);
  return true;
}

}  // namespace quicrx
