// SPDX-License-Identifier: MIT
/// The integer that names a frame while it is away from its pool.
#pragma once

#include <compare>
#include <cstdint>

namespace quicrx {

using PoolId = std::uint16_t;
using FrameIndex = std::uint32_t;

/// IDs of pools from here on are for pools of the user's own; those below are quicrx's.
inline constexpr PoolId kFirstUserPool = 0x8000;
/// Ports that a process may have: each has several pools. (The last place is for what belongs to no port.)
inline constexpr std::uint16_t kMostPorts = kFirstUserPool / 16 - 1;

/// Names one loan of one frame: pool (16 bits), generation (24 bits), frame index (24 bits).
///
/// A frame's generation changes each time it comes back, so a tag is good for one release: a second release,
/// or one of an earlier loan, is told apart from the present one. A Tag is a plain value; it may travel
/// through rings and C callbacks as an integer (value(), from_value()). It owns nothing: see Frame.
class Tag {
 public:
  static constexpr std::uint32_t kMaxFrames = 1u << 24;
  static constexpr std::uint32_t kGenerationMask = (1u << 24) - 1;

  /// The tag of no frame. Releasing it is refused as foreign.
  constexpr Tag() = default;
  constexpr Tag(PoolId pool, std::uint32_t generation, FrameIndex index)
      : value_(std::uint64_t{pool} << 48 | std::uint64_t{generation & kGenerationMask} << 24 |
               (index & (kMaxFrames - 1))) {}

  static constexpr Tag from_value(std::uint64_t value) {
    Tag tag;
    tag.value_ = value;
    return tag;
  }

  [[nodiscard]] constexpr std::uint64_t value() const { return value_; }
  [[nodiscard]] constexpr PoolId pool() const { return static_cast<PoolId>(value_ >> 48); }
  [[nodiscard]] constexpr std::uint32_t generation() const {
    return static_cast<std::uint32_t>(value_ >> 24) & kGenerationMask;
  }
  [[nodiscard]] constexpr FrameIndex index() const {
    return static_cast<FrameIndex>(value_) & (kMaxFrames - 1);
  }

  friend constexpr auto operator<=>(Tag, Tag) = default;

 private:
  std::uint64_t value_ = ~std::uint64_t{0};
};

}  // namespace quicrx
