// SPDX-License-Identifier: MIT
/// A frame on loan, as a value that gives itself back.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include "quicrx/bytes.h"
#include "quicrx/frame_account.h"
#include "quicrx/frame_pool.h"
#include "quicrx/tag.h"

namespace quicrx {

/// A datagram's memory, named by a tag, on loan from a FramePool.
///
/// Move-only: whoever holds the Frame holds the memory; when it dies, its tag goes back to its pool, from any
/// thread (see FramePool::release). The payload is a part of the frame; the bytes before it are headroom, in
/// which a port writes link, IP and UDP headers, so a frame that was filled for sending needs no second
/// buffer.
class Frame {
 public:
  /// No frame.
  Frame() = default;

  /// Takes over the loan named by `tag`; its payload is empty and begins behind the headroom.
  Frame(FramePool& pool, Tag tag, MutableBytes memory, std::size_t headroom) noexcept
      : pool_(&pool),
        memory_(memory.data()),
        tag_(tag),
        capacity_(static_cast<std::uint32_t>(memory.size())),
        offset_(static_cast<std::uint32_t>(headroom)) {}

  /// Makes a Frame again of what detach() returned, with an empty payload behind the headroom (set_payload()
  /// says where it lay). No frame for a tag of another pool. The caller answers for the loan being a present
  /// one; if it is not, the release at the end is refused and counted.
  static Frame attach(FramePool& pool, Tag tag) noexcept {
    const MutableBytes memory = pool.memory(tag);
    return memory.empty() ? Frame() : Frame(pool, tag, memory, pool.headroom());
  }

  Frame(Frame&& other) noexcept
      : pool_(std::exchange(other.pool_, nullptr)),
        memory_(other.memory_),
        tag_(other.tag_),
        capacity_(other.capacity_),
        offset_(other.offset_),
        size_(other.size_),
        charge_(std::move(other.charge_)) {}
  Frame& operator=(Frame&& other) noexcept {
    if (this == &other) return *this;
    std::destroy_at(this);
    return *std::construct_at(this, std::move(other));
  }
  ~Frame() {
    if (pool_ != nullptr) pool_->release(tag_);
  }

  /// Ends this value's hold on the loan without giving it back: for those who carry tags through rings or C
  /// callbacks. The tag must come back by attach() or FramePool::release. A charge ends here unless
  /// take_charge() took it before.
  [[nodiscard]] Tag detach() noexcept {
    pool_ = nullptr;
    charge_ = FrameCharge();
    return tag_;
  }

  /// Has the frame count on an account until its loan ends.
  void charge(FrameCharge charge) noexcept { charge_ = std::move(charge); }
  /// For those who keep the loan as a tag: the charge goes on with them.
  [[nodiscard]] FrameCharge take_charge() noexcept { return std::move(charge_); }

  /// Whether this is a frame at all.
  explicit operator bool() const noexcept { return pool_ != nullptr; }

  [[nodiscard]] Tag tag() const noexcept { return tag_; }
  [[nodiscard]] FramePool* pool() const noexcept { return pool_; }

  /// The datagram's bytes: what was received, or what was written and is to be sent.
  [[nodiscard]] Bytes payload() const noexcept { return {memory_ + offset_, size_}; }

  /// Where a payload may be written: from the headroom to the end of the frame.
  [[nodiscard]] MutableBytes room() const noexcept { return {memory_ + offset_, capacity_ - offset_}; }

  /// The bytes before the payload.
  [[nodiscard]] MutableBytes headroom() const noexcept { return {memory_, offset_}; }

  /// Says how many bytes were written into room().
  void resize(std::size_t bytes) noexcept { size_ = static_cast<std::uint32_t>(bytes); }

  /// Says where in the frame's memory the payload lies.
  void set_payload(std::size_t offset, std::size_t bytes) noexcept {
    offset_ = static_cast<std::uint32_t>(offset);
    size_ = static_cast<std::uint32_t>(bytes);
  }

 private:
  FramePool* pool_ = nullptr;
  std::uint8_t* memory_ = nullptr;
  Tag tag_;
  std::uint32_t capacity_ = 0;
  std::uint32_t offset_ = 0;
  std::uint32_t size_ = 0;
  FrameCharge charge_;
};

}  // namespace quicrx
