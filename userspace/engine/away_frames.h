// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "quicrx/frame_pool.h"

namespace quicrx {

/// How many frames of a worker's pools are with other workers, in all lanes. Of a pool at most `limit` are,
/// so that the rest keeps coming in whatever the others do.
///
/// The pools are for both ends of a lane, the counts for the worker's thread.
class AwayFrames {
 public:
  struct Source {
    Source(FramePool& its_pool, std::uint32_t most_away)
        : id(its_pool.id()), pool(&its_pool), limit(most_away) {}

    PoolId id;
    FramePool* pool;
    std::uint32_t limit;
  };

  AwayFrames(std::vector<Source> sources, std::size_t peers)
      : sources_(std::move(sources)), peers_(static_cast<std::uint32_t>(peers)), away_(sources_.size()) {}

  [[nodiscard]] const std::vector<Source>& sources() const noexcept { return sources_; }
  /// The place of the pool among the sources; their number where it is none.
  [[nodiscard]] std::size_t place_of(PoolId pool) const noexcept {
    return static_cast<std::size_t>(std::ranges::find(sources_, pool, &Source::id) - sources_.begin());
  }

  /// Whether a lane that has so many of a pool's frames may have one more: its share, or as many as it leaves
  /// to the others.
  [[nodiscard]] bool may_go(std::size_t place, std::uint32_t lane_has) const {
    const std::uint32_t limit = sources_[place].limit;
    const std::uint32_t left = limit - away_[place];
    return left > 0 && (lane_has < limit / peers_ || lane_has <= left);
  }
  void go(std::size_t place) { ++away_[place]; }
  void come_back(std::size_t place) { --away_[place]; }

 private:
  static constexpr std::size_t kLine = 64;

  const std::vector<Source> sources_;
  const std::uint32_t peers_;
  alignas(kLine) std::vector<std::uint32_t> away_;  // by source
};

}  // namespace quicrx
