// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <optional>

#include "frame/mapping.h"
#include "frame/slab_pool.h"
#include "port/io_ring.h"
#include "quicrx/port.h"

namespace quicrx {

/// Frames of a pool lent to the kernel for receive, by a ring that io_uring takes buffers from
/// (io_uring_register_buf_ring(3)). A buffer's number is its frame's index.
class ProvidedBuffers {
 public:
  static constexpr std::uint16_t kGroup = 0;
  /// So many frames are lent, of however many: the kernel takes them in turn, and a few stay in the caches.
  static constexpr std::size_t kMostLent = kBatch;

  /// Maps the ring and makes it known to `ring`, which must end before this does.
  static Result<Mapping> attach(IoRing& ring);

  /// `memory` is from attach().
  ProvidedBuffers(Mapping memory, SlabPool& pool);

  /// Lends frames that are free.
  void refill();
  /// How many the kernel has.
  [[nodiscard]] std::size_t lent() const { return lent_; }
  /// The frame that a completion names; nothing when it names none, or one that was not lent.
  [[nodiscard]] std::optional<Frame> take(const IoRing::Completion& completion);

 private:
  Mapping memory_;
  SlabPool& pool_;
  std::size_t lent_ = 0;
};

}  // namespace quicrx
