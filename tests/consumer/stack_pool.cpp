// SPDX-License-Identifier: MIT
#include "stack_pool.h"

#include <numeric>

StackPool::StackPool(quicrx::PoolId id, std::uint32_t frames, std::size_t capacity, std::size_t headroom)
    : id_(id),
      capacity_(capacity),
      headroom_(headroom),
      bytes_(frames * capacity),
      loans_(frames),
      free_(frames) {
  std::iota(free_.begin(), free_.end(), quicrx::FrameIndex{0});
}

std::optional<quicrx::Frame> StackPool::acquire() {
  const std::lock_guard lock(mutex_);
  if (free_.empty()) return std::nullopt;
  const quicrx::FrameIndex index = free_.back();
  free_.pop_back();
  loans_[index].held = true;
  const quicrx::Tag tag(id_, loans_[index].generation, index);
  return quicrx::Frame(*this, tag, memory(tag), headroom_);
}

std::size_t StackPool::available() noexcept {
  const std::lock_guard lock(mutex_);
  return free_.size();
}

quicrx::Release StackPool::release(quicrx::Tag tag) noexcept {
  if (memory(tag).empty()) return quicrx::Release::foreign;
  const std::lock_guard lock(mutex_);
  Loan& loan = loans_[tag.index()];
  if (loan.generation != tag.generation()) {
    const bool last = ((tag.generation() + 1) & quicrx::Tag::kGenerationMask) == loan.generation;
    return last && !loan.held ? quicrx::Release::twice : quicrx::Release::stale;
  }
  if (!loan.held) return quicrx::Release::twice;
  loan = {(loan.generation + 1) & quicrx::Tag::kGenerationMask, false};
  free_.push_back(tag.index());
  return quicrx::Release::released;
}

quicrx::MutableBytes StackPool::memory(quicrx::Tag tag) const noexcept {
  if (tag.pool() != id_ || tag.index() >= loans_.size()) return {};
  return quicrx::MutableBytes(bytes_).subspan(tag.index() * capacity_, capacity_);
}

quicrx::FrameCounts StackPool::count() const noexcept {
  const std::lock_guard lock(mutex_);
  return {.free = free_.size(), .held = loans_.size() - free_.size()};
}
