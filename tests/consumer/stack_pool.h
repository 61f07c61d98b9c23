// SPDX-License-Identifier: MIT
/// A pool of somebody else's: a lock, a stack of free frames, and what FramePool asks for.
#pragma once

#include <cstdint>
#include <mutex>
#include <vector>

#include "quicrx/frame.h"
#include "quicrx/frame_pool.h"

class StackPool final : public quicrx::FramePool {
 public:
  StackPool(quicrx::PoolId id, std::uint32_t frames, std::size_t capacity, std::size_t headroom);

  [[nodiscard]] std::optional<quicrx::Frame> acquire() override;
  [[nodiscard]] std::size_t available() noexcept override;
  quicrx::Release release(quicrx::Tag tag) noexcept override;
  using quicrx::FramePool::release;  // several: one by one
  [[nodiscard]] quicrx::MutableBytes memory(quicrx::Tag tag) const noexcept override;
  [[nodiscard]] std::size_t headroom() const noexcept override { return headroom_; }
  [[nodiscard]] quicrx::FrameCounts count() const noexcept override;
  [[nodiscard]] quicrx::PoolId id() const noexcept override { return id_; }

 private:
  struct Loan {
    std::uint32_t generation = 0;
    bool held = false;
  };

  const quicrx::PoolId id_;
  const std::size_t capacity_, headroom_;
  mutable std::mutex mutex_;
  mutable std::vector<std::uint8_t> bytes_;
  std::vector<Loan> loans_;
  std::vector<quicrx::FrameIndex> free_;
};
