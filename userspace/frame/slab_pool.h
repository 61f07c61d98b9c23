// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <cstddef>
#include <optional>
#include <span>
#include <string_view>
#include <thread>
#include <vector>

#include "frame/frame_words.h"
#include "frame/loan.h"
#include "quicrx/frame.h"
#include "quicrx/frame_pool.h"

namespace quicrx {

/// Frames of one size, side by side in memory that somebody else owns (a UMEM, or the heap).
///
/// Besides what every pool does, its owner moves frames to and from the kernel. All of that checks the state
/// a frame is in, also in release builds: what the kernel's rings name is not believed.
class SlabPool : public FramePool {
 public:
  struct Shape {
    PoolId id = 0;
    std::size_t frame_bytes = 2048;
    std::size_t headroom = 0;
  };

  /// One frame for each of `words`; `memory` holds as many. The thread that constructs is the owner.
  SlabPool(Shape shape, MutableBytes memory, std::span<FrameWord> words, PoolCounters& counters);

  [[nodiscard]] std::optional<Frame> acquire() override;
  [[nodiscard]] std::size_t available() noexcept override {
    collect_returned();
    return free_.size();
  }
  Release release(Tag tag) noexcept override;
  using FramePool::release;
  [[nodiscard]] MutableBytes memory(Tag tag) const noexcept override {
    return is_ours(tag) ? frame_memory(tag.index()) : MutableBytes();
  }
  [[nodiscard]] std::size_t headroom() const noexcept override { return shape_.headroom; }
  [[nodiscard]] FrameCounts count() const noexcept override { return count_states(words_); }
  [[nodiscard]] PoolId id() const noexcept override { return shape_.id; }

  [[nodiscard]] std::size_t size() const noexcept { return words_.size(); }
  [[nodiscard]] std::size_t frame_bytes() const noexcept { return shape_.frame_bytes; }

  /// The calling thread owns the pool from now on. Before frames of it are out with other threads.
  void adopt() noexcept { owner_ = std::this_thread::get_id(); }

  /// free -> fill: the frame is to be put on the fill ring.
  [[nodiscard]] std::optional<FrameIndex> lend_for_receive() noexcept {
    const auto index = pop_free();
    if (index) set_state(*index, FrameState::fill);
    return index;
  }
  /// fill -> held: the receive ring named the frame. No frame when that cannot be.
  [[nodiscard]] Frame take_received(FrameIndex index) noexcept {
    if (!is_in(index, FrameState::fill)) return refuse_descriptor();
    return loan(index);
  }
  /// held -> transmit: the frame is to be put on the transmit ring. False when the tag is no present loan.
  [[nodiscard]] bool lend_for_send(Tag tag) noexcept;
  /// transmit -> free: the completion ring named the frame. False when that cannot be.
  bool take_completed(FrameIndex index) noexcept;

 private:
  static constexpr FrameIndex kNone = Tag::kMaxFrames;

  [[nodiscard]] MutableBytes frame_memory(FrameIndex index) const noexcept {
    return memory_.subspan(index * shape_.frame_bytes, shape_.frame_bytes);
  }
  [[nodiscard]] bool is_ours(Tag tag) const noexcept {
    return tag.pool() == shape_.id && tag.index() < words_.size();
  }
  /// Null for another pool's tag.
  [[nodiscard]] FrameWord* word_of(Tag tag) const noexcept {
    return is_ours(tag) ? &words_[tag.index()] : nullptr;
  }
  [[nodiscard]] bool is_in(FrameIndex index, FrameState state) const noexcept {
    return index < words_.size() && state_of(words_[index].load(std::memory_order_relaxed)) == state;
  }
  /// Within one loan: its generation.
  std::uint32_t set_state(FrameIndex index, FrameState state) noexcept {
    FrameWord& word = words_[index];
    const std::uint32_t generation = generation_of(word.load(std::memory_order_relaxed));
    word.store(frame_word(generation, state), std::memory_order_relaxed);
    return generation;
  }
  [[nodiscard]] Frame loan(FrameIndex index) noexcept {
    const std::uint32_t generation = set_state(index, FrameState::held);
    return {*this, Tag(shape_.id, generation, index), frame_memory(index), shape_.headroom};
  }
  std::optional<FrameIndex> pop_free() noexcept {
    if (free_.empty()) collect_returned();
    if (free_.empty()) return std::nullopt;
    const FrameIndex index = free_.back();
    free_.pop_back();
    return index;
  }
  Frame refuse_descriptor() noexcept;
  void push_free(FrameIndex index) noexcept;
  void collect_returned() noexcept;

  Shape shape_;
  MutableBytes memory_;
  std::span<FrameWord> words_;
  PoolCounters& counters_;
  std::thread::id owner_;
  std::vector<FrameIndex> free_;  // the owner's stack: the frame last used is warmest
  // Frames released by other threads: a stack that anybody pushes to and the owner takes whole.
  std::atomic<FrameIndex> returned_{kNone};
  std::vector<std::atomic<FrameIndex>> next_returned_;
};

}  // namespace quicrx
