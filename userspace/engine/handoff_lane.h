// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/away_frames.h"
#include "engine/latency_histogram.h"
#include "engine/spsc_ring.h"
#include "quicrx/datagram.h"
#include "quicrx/frame_pool.h"

namespace quicrx {

/// Datagrams from one worker (the origin) to one other (the owner of their connections), without a copy: the
/// owner reads each frame where it lies in the origin's memory. When it lets go, the frame's tag comes back
/// by a second ring, and the origin gives it to its pool, and so to its fill ring.
///
/// To the owner it is the pool that its datagrams' frames go back to. Outlives both workers' use of it.
class HandoffLane final : public FramePool {
 public:
  /// `away` counts the origin's frames in all its lanes, and outlives this; in this one there are at most
  /// `capacity`.
  HandoffLane(AwayFrames& away, std::uint32_t capacity, std::uint32_t first_index = 0);

  // The origin's side.

  /// False when as many frames as may be are away: the datagram is lost, and its frame back in its pool.
  bool put(Datagram datagram, Timestamp now);
  /// Has the owner see what was put; false when nothing was.
  bool publish();
  /// Takes back what the owner has let go.
  void collect();
  /// Frames that are away.
  [[nodiscard]] std::uint32_t away() const { return away_; }

  // The owner's side.

  /// Moves at most out.size() datagrams into `out`; returns how many.
  std::size_t take(std::span<Datagram> out, LatencyHistogram& latency, Timestamp now);
  [[nodiscard]] bool empty() { return datagrams_.empty(); }

  // FramePool, for the owner's frames.
  [[nodiscard]] std::optional<Frame> acquire() override { return std::nullopt; }
  [[nodiscard]] std::size_t available() noexcept override { return 0; }
  Release release(Tag tag) noexcept override;
  using FramePool::release;
  [[nodiscard]] MutableBytes memory(Tag tag) const noexcept override;
  [[nodiscard]] std::size_t headroom() const noexcept override { return 0; }
  /// Nothing is the lane's own: a frame that is away is held, in its pool's count.
  [[nodiscard]] FrameCounts count() const noexcept override { return {}; }
  [[nodiscard]] PoolId id() const noexcept override { return kNoPool; }

 private:
  static constexpr PoolId kNoPool = 0xffff;

  /// A datagram on its way. Its frame is named by the tag; what else a Frame knows is the pool's.
  struct Entry {
    Tag tag;
    std::uint32_t offset = 0;  // of the payload in the frame
    std::uint32_t bytes = 0;
    std::uint32_t flow_hash = 0;
    Ecn ecn = Ecn::not_ect;
    Path path;
    Timestamp arrival;
    Timestamp handed;
  };
  static constexpr std::size_t kLine = 64;

  AwayFrames& away_frames_;
  SpscRing<Entry> datagrams_;
  SpscRing<Tag> returns_;  // never full: there is room for all that may be away
  const std::uint32_t capacity_;
  // The origin's, away from what both read.
  alignas(kLine) std::vector<std::uint32_t> away_by_source_;
  std::uint32_t away_ = 0;
};

}  // namespace quicrx
