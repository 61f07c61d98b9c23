// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <optional>

#include "frame/slab_pool.h"

namespace quicrx {

/// Puts a packet that came in several UMEM frames together, by copy: QUIC decrypts from one piece of memory.
/// Only packets larger than a frame take this way (jumbo frames).
class FrameGatherer {
 public:
  explicit FrameGatherer(SlabPool& pool) : pool_(pool) {}

  [[nodiscard]] bool in_packet() const { return in_packet_; }

  /// Adds the next part. Behind the last one: the whole packet, as the frame's payload; nothing when a part
  /// was missing, or no frame was free or large enough.
  std::optional<Frame> add(Bytes part, bool more);

  /// A part that cannot be read: the packet it is of is lost.
  std::optional<Frame> add_lost(bool more);

 private:
  std::optional<Frame> finish();

  SlabPool& pool_;
  std::optional<Frame> frame_;
  std::size_t bytes_ = 0;
  bool in_packet_ = false;
};

}  // namespace quicrx
