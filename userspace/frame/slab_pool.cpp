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

std::optional<FrameIndex> SlabPool::pop_free() noexcept {
  if (free_.empty()) collect_returned();
  if (free_.empty()) return std::nullopt;
  const FrameIndex index = free_.back();
  free_.pop_back();
  return index;
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
  FrameWord& word = words_[*index];
  const std::uint32_t generation = generation_of(word.load(std::memory_order_relaxed));
  word.store(frame_word(generation, FrameState::held), std::memory_order_relaxed);
  return Frame(*this, Tag(shape_.id, generation, *index), frame_memory(*index), shape_.headroom);
}

Release SlabPool::release(Tag tag) noexcept {
  const std::uint32_t free = frame_word(tag.generation() + 1, FrameState::free);
  const Release result = end_loan(word_of(tag), tag, free, counters_);
  if (result == Release::released) push_free(tag.index());
  return result;
}

std::optional<FrameIndex> SlabPool::lend_for_receive() noexcept {
  const auto index = pop_free();
  if (index) {
    FrameWord& word = words_[*index];
    word.store(frame_word(generation_of(word.load(std::memory_order_relaxed)), FrameState::fill),
               std::memory_order_relaxed);
  }
  return index;
}

std::optional<Frame> SlabPool::take_received(FrameIndex index) noexcept {
  if (index >= words_.size() || state_of(words_[index].load(std::memory_order_relaxed)) != FrameState::fill) {
    counters_.add_shared(PoolCounter::bad_descriptor);
    return std::nullopt;
  }
  FrameWord& word = words_[index];
  const std::uint32_t generation = generation_of(word.load(std::memory_order_relaxed));
  word.store(frame_word(generation, FrameState::held), std::memory_order_relaxed);
  return Frame(*this, Tag(shape_.id, generation, index), frame_memory(index), shape_.headroom);
}

bool SlabPool::lend_for_send(Tag tag) noexcept {
  const std::uint32_t lent = frame_word(tag.generation(), FrameState::transmit);
  return end_loan(word_of(tag), tag, lent, counters_) == Release::released;
}

bool SlabPool::take_completed(FrameIndex index) noexcept {
  if (index >= words_.size() ||
      state_of(words_[index].load(std::memory_order_relaxed)) != FrameState::transmit) {
    counters_.add_shared(PoolCounter::bad_descriptor);
    return false;
  }
  FrameWord& word = words_[index];
  const std::uint32_t generation = generation_of(word.load(std::memory_order_relaxed));
  word.store(frame_word(generation + 1, FrameState::free), std::memory_order_relaxed);
  push_free(index);
  return true;
}

}  // namespace quicrx
