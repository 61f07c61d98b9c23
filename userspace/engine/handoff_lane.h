// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/handoff_counters.h"
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
  /// A pool of the origin's, and how many of its frames may be away at once.
  struct Source {
    Source(FramePool& its_pool, std::uint32_t most_away)
        : id(its_pool.id()), pool(&its_pool), limit(most_away) {}

    PoolId id;
    FramePool* pool;
    std::uint32_t limit;
  };
  explicit HandoffLane(std::vector<Source> sources, std::uint32_t first_index = 0);

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
  Release release(Tag tag) noexcept override;
  std::size_t release(std::span<const Tag> tags) noexcept override;
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

  /// The place of the pool among the sources; their number where it is none.
  [[nodiscard]] std::size_t place_of(PoolId pool) const noexcept;

  const std::vector<Source> sources_;
  SpscRing<Entry> datagrams_;
  SpscRing<Tag> returns_;  // of the same size: never full
  // The origin's, away from what both read.
  alignas(kLine) std::vector<std::uint32_t> away_by_source_;
  std::uint32_t away_ = 0;
};

}  // namespace quicrx
