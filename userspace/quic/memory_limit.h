// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>

namespace quicrx {

/// What the endpoints of a process may hold together. Any thread; asked for large pieces, so seldom.
class MemoryReserve {
 public:
  explicit MemoryReserve(std::size_t limit) : limit_(limit) {}

  /// False when there is not so much left.
  bool lend(std::size_t bytes) {
    std::size_t lent = lent_.load(std::memory_order_relaxed);
    do {
      if (bytes > limit_ - lent) return false;
    } while (!lent_.compare_exchange_weak(lent, lent + bytes, std::memory_order_relaxed));
    return true;
  }
  void take_back(std::size_t bytes) { lent_.fetch_sub(bytes, std::memory_order_relaxed); }
  [[nodiscard]] std::size_t left() const { return limit_ - lent_.load(std::memory_order_relaxed); }
  [[nodiscard]] std::size_t limit() const { return limit_; }

  void add_holder() { holders_.fetch_add(1, std::memory_order_relaxed); }
  void remove_holder() { holders_.fetch_sub(1, std::memory_order_relaxed); }
  /// Connections.
  [[nodiscard]] std::size_t holders() const { return holders_.load(std::memory_order_relaxed); }

 private:
  std::size_t limit_;
  std::atomic<std::size_t> lent_{0};
  std::atomic<std::size_t> holders_{0};
};

/// An endpoint's part of the reserve, borrowed in pieces ahead of its use. One thread. The reserve outlives
/// it.
class MemoryLimit {
 public:
  explicit MemoryLimit(MemoryReserve& reserve) : reserve_(reserve) {}
  ~MemoryLimit() { reserve_.take_back(borrowed_); }
  MemoryLimit(const MemoryLimit&) = delete;
  MemoryLimit& operator=(const MemoryLimit&) = delete;

  /// Whether there is room for so much more.
  bool covers(std::size_t more) {
    const std::size_t wanted = used_ + more;
    if (wanted <= borrowed_) return true;
    const std::size_t missing = wanted - borrowed_;
    if (reserve_.lend(missing + kPiece)) {
      borrowed_ += missing + kPiece;
    } else if (reserve_.lend(missing)) {
      borrowed_ += missing;
    } else {
      return false;
    }
    return true;
  }
  /// Counts what was taken, or given back (a change that wraps).
  void add(std::size_t change) {
    used_ += change;
    if (borrowed_ > used_ + kMostIdle) {
      reserve_.take_back(borrowed_ - used_ - kPiece);
      borrowed_ = used_ + kPiece;
    }
  }

  /// There is no room for what any connection may have.
  [[nodiscard]] bool exhausted() const {
    return reserve_.left() + (borrowed_ - std::min(borrowed_, used_)) < kLeastShare;
  }
  /// Every connection may have so much, whatever the others hold.
  [[nodiscard]] std::size_t share() const {
    return std::max(kLeastShare, reserve_.limit() / std::max<std::size_t>(1, reserve_.holders()));
  }
  [[nodiscard]] MemoryReserve& reserve() { return reserve_; }
  [[nodiscard]] std::size_t used() const { return used_; }

  static constexpr std::size_t kLeastShare = std::size_t{32} << 10;

 private:
  static constexpr std::size_t kPiece = std::size_t{16} << 10;
  static constexpr std::size_t kMostIdle = 4 * kPiece;

  MemoryReserve& reserve_;
  std::size_t used_ = 0;
  std::size_t borrowed_ = 0;
};

}  // namespace quicrx
