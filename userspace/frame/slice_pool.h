// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <cstddef>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "frame/slab_pool.h"

namespace quicrx {

/// Several datagrams that lie one behind the other in a frame of another pool (as UDP_GRO delivers them),
/// each lent out as a frame of its own: a slice.
///
/// The frame under them goes back to its pool when its last slice has. A slice's memory is its own bytes
/// alone, so that no holder can write over a neighbour.
class SlicePool final : public FramePool {
 public:
  /// The kernel makes no more segments of a message (UDP_MAX_SEGMENTS; 64 in older ones).
  static constexpr std::size_t kMostSlices = 128;

  /// A frame that is being cut. It holds the frame too, until it dies.
  class Cutting {
   public:
    /// Of no frame.
    Cutting() = default;
    Cutting(Cutting&& other) noexcept { swap(other); }
    Cutting& operator=(Cutting&& other) noexcept {
      Cutting taken(std::move(other));
      swap(taken);
      return *this;
    }
    ~Cutting() {
      if (pool_ != nullptr) pool_->drop_hold(base_);
    }

    /// How many slices are still to come.
    [[nodiscard]] std::size_t left() const noexcept { return slices_ - next_; }
    /// The next slice, its payload set; no frame behind the last.
    [[nodiscard]] Frame next() noexcept;

   private:
    friend class SlicePool;
    Cutting(SlicePool& pool, FrameIndex base, std::size_t slices) noexcept
        : pool_(&pool), base_(base), slices_(slices) {}
    void swap(Cutting& other) noexcept {
      std::swap(pool_, other.pool_);
      std::swap(base_, other.base_);
      std::swap(slices_, other.slices_);
      std::swap(next_, other.next_);
    }

    SlicePool* pool_ = nullptr;
    FrameIndex base_ = 0;
    std::size_t slices_ = 0;
    std::size_t next_ = 0;
  };

  /// Cuts frames of `base`, which outlives this and has the same owner.
  SlicePool(PoolId id, SlabPool& base, PoolCounters& counters);

  /// Cuts the frame's payload into pieces of `slice_bytes`, of which the last may be smaller. What is beyond
  /// kMostSlices is not handed out. Nothing to cut in a frame of another pool. Owner only.
  [[nodiscard]] Cutting cut(Frame frame, std::size_t slice_bytes) noexcept;

  /// Slices come of cut() alone.
  [[nodiscard]] std::optional<Frame> acquire() override { return std::nullopt; }
  [[nodiscard]] std::size_t available() noexcept override { return 0; }
  Release release(Tag tag) noexcept override;
  using FramePool::release;
  [[nodiscard]] MutableBytes memory(Tag tag) const noexcept override;
  [[nodiscard]] std::size_t headroom() const noexcept override { return 0; }
  [[nodiscard]] FrameCounts count() const noexcept override { return count_states(words_); }
  [[nodiscard]] PoolId id() const noexcept override { return id_; }

 private:
  /// Where the slices of a frame lie: offset of the first, bytes of all, bytes of each. One word, so that
  /// whoever asks by an old tag sees a cut that was.
  using Layout = std::uint64_t;
  static constexpr unsigned kFieldBits = 21;

  struct Base {
    std::atomic<std::uint32_t> holds{0};  // slices out, and one for the Cutting
    std::atomic<Layout> layout{0};
    Tag tag;
  };

  [[nodiscard]] bool is_ours(Tag tag) const noexcept {
    return tag.pool() == id_ && tag.index() < words_.size();
  }
  [[nodiscard]] Frame lend(FrameIndex base, std::size_t slice) noexcept;
  void drop_hold(FrameIndex base) noexcept;

  PoolId id_;
  SlabPool& base_;
  PoolCounters& counters_;
  std::vector<Base> bases_;       // by frame
  std::vector<FrameWord> words_;  // kMostSlices a frame
};

}  // namespace quicrx
