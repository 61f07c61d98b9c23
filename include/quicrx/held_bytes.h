// SPDX-License-Identifier: MIT
/// Received bytes that outlive the call that brought them.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include "quicrx/bytes.h"
#include "quicrx/frame.h"

namespace quicrx {

/// A piece of memory that a session fills with what it received and keeps for as long as it likes: a frame of
/// its connection's pool while the budget lasts (quicrx/pool_policy.h), otherwise heap. Move-only; its bytes
/// stay where they are when it is moved.
///
/// QUIC decrypts a datagram before it is known what is in it, so this is the one copy between the wire and a
/// session that keeps data. A session that works off its data as it comes needs none.
class HeldBytes {
 public:
  /// What a piece of heap has room for.
  static constexpr std::size_t kHeapBytes = 2048;

  /// In the frame's room().
  explicit HeldBytes(Frame frame) noexcept : frame_(std::move(frame)) {}
  /// On the heap.
  HeldBytes() : heap_(std::make_unique_for_overwrite<std::uint8_t[]>(kHeapBytes)) {}

  HeldBytes(HeldBytes&& other) noexcept
      : frame_(std::move(other.frame_)),
        heap_(std::move(other.heap_)),
        size_(std::exchange(other.size_, 0)) {}
  HeldBytes& operator=(HeldBytes&& other) noexcept {
    frame_ = std::move(other.frame_);
    heap_ = std::move(other.heap_);
    size_ = std::exchange(other.size_, 0);
    return *this;
  }
  ~HeldBytes() = default;

  /// Adds as much of `data` as there is room for; returns how much that was.
  std::size_t append(Bytes data) noexcept {
    const MutableBytes left = room().subspan(size_);
    const std::size_t bytes = std::min(data.size(), left.size());
    std::copy_n(data.begin(), bytes, left.begin());
    size_ += bytes;
    return bytes;
  }
  [[nodiscard]] MutableBytes bytes() const noexcept { return room().first(size_); }
  [[nodiscard]] bool full() const noexcept { return size_ == room().size(); }
  [[nodiscard]] bool in_frame() const noexcept { return static_cast<bool>(frame_); }

 private:
  [[nodiscard]] MutableBytes room() const noexcept {
    if (frame_) return frame_.room();
    return {heap_.get(), heap_ ? kHeapBytes : 0};
  }

  Frame frame_;
  std::unique_ptr<std::uint8_t[]> heap_;
  std::size_t size_ = 0;
};

}  // namespace quicrx
