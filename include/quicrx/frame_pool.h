// SPDX-License-Identifier: MIT
/// Where frames come from and go back to.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "quicrx/bytes.h"
#include "quicrx/export.h"
#include "quicrx/tag.h"

namespace quicrx {

class Frame;

/// A frame is in exactly one of these states.
enum class FrameState : std::uint8_t {
  free,      ///< in its pool
  fill,      ///< lent to the kernel for receive, until its datagram is read from the receive ring
  held,      ///< with us or a user: received and not released, or acquired and not sent
  transmit,  ///< lent to the kernel for send, until its completion is read
};

/// How many frames of a pool are in each state. The sum is the pool's size at any moment.
struct FrameCounts {
  std::uint64_t free = 0;
  std::uint64_t fill = 0;
  std::uint64_t held = 0;
  std::uint64_t transmit = 0;

  [[nodiscard]] std::uint64_t total() const { return free + fill + held + transmit; }
};

/// What became of a release. Everything but `released` changes nothing and is counted by the pool.
enum class Release : std::uint8_t {
  released,
  twice,    ///< this loan was given back already
  stale,    ///< the frame has been lent again since this tag's loan
  foreign,  ///< another pool's tag, or of no frame
};

/// Memory in frames of one size, each lent out under a Tag.
///
/// A pool belongs to one thread (its owner), which acquires; any thread may release. A pool outlives every
/// Frame it lent. Slices of a received buffer have a pool that cannot acquire: it lends what was received
/// alone.
class QUICRX_API FramePool {
 public:
  FramePool() = default;
  FramePool(const FramePool&) = delete;
  FramePool& operator=(const FramePool&) = delete;
  virtual ~FramePool() = default;

  /// A free frame, now held by the caller; nothing when all are out. Owner only.
  [[nodiscard]] virtual std::optional<Frame> acquire() = 0;

  /// How many times acquire() would succeed now. Owner only.
  [[nodiscard]] virtual std::size_t available() noexcept = 0;

  /// Gives a held frame back. Any thread; refused (and counted) unless the tag names a present loan.
  virtual Release release(Tag tag) noexcept = 0;

  /// Gives several back; returns how many were released. Any thread.
  virtual std::size_t release(std::span<const Tag> tags) noexcept {
    std::size_t released = 0;
    for (const Tag tag : tags) released += release(tag) == Release::released ? 1 : 0;
    return released;
  }

  /// The whole memory of the frame that `tag` names: headroom and room for a payload. Empty for a tag of
  /// another pool.
  [[nodiscard]] virtual MutableBytes memory(Tag tag) const noexcept = 0;

  /// Bytes at a frame's start that a port needs for link, IP and UDP headers.
  [[nodiscard]] virtual std::size_t headroom() const noexcept = 0;

  /// Any thread. Exact when no frame changes state meanwhile.
  [[nodiscard]] virtual FrameCounts count() const noexcept = 0;

  [[nodiscard]] virtual PoolId id() const noexcept = 0;
};

}  // namespace quicrx
