// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace quicrx {

/// A bounded ring from one thread to one other. Neither waits: put() and take() say when there is no room, or
/// nothing to take.
///
/// What was put is seen by the other side after publish(), once for a batch. Indices run through all 32-bit
/// values and are compared by difference, so that full and empty cannot be confused.
template <typename Entry>
class SpscRing {
 public:
  /// `capacity` is rounded up to a power of two. `first`: where the indices start, for tests.
  explicit SpscRing(std::uint32_t capacity, std::uint32_t first = 0)
      : entries_(std::bit_ceil(capacity)), mask_(static_cast<std::uint32_t>(entries_.size()) - 1) {
    producer_.next = producer_.limit = consumer_.next = consumer_.limit = first;
    producer_.limit += capacity_of();
    published_.store(first, std::memory_order_relaxed);
    taken_.store(first, std::memory_order_relaxed);
  }

  // The producer's side.

  /// False when the ring is full.
  bool put(Entry entry) {
    if (producer_.next == producer_.limit) {
      producer_.limit = taken_.load(std::memory_order_acquire) + capacity_of();
      if (producer_.next == producer_.limit) return false;
    }
    entries_[producer_.next++ & mask_] = std::move(entry);
    return true;
  }
  void publish() { published_.store(producer_.next, std::memory_order_release); }
  /// Whether something was put since publish().
  [[nodiscard]] bool unpublished() const {
    return published_.load(std::memory_order_relaxed) != producer_.next;
  }

  // The consumer's side.

  /// False when nothing is there.
  bool take(Entry& entry) {
    if (empty()) return false;
    entry = std::move(entries_[consumer_.next++ & mask_]);
    taken_.store(consumer_.next, std::memory_order_release);
    return true;
  }
  [[nodiscard]] bool empty() {
    if (consumer_.next == consumer_.limit) consumer_.limit = published_.load(std::memory_order_acquire);
    return consumer_.next == consumer_.limit;
  }

 private:
  static constexpr std::size_t kLine = 64;  // each side's words on a line of their own

  [[nodiscard]] std::uint32_t capacity_of() const { return mask_ + 1; }

  struct alignas(kLine) Side {
    std::uint32_t next;
    std::uint32_t limit;  // as far as it knows
  };

  std::vector<Entry> entries_;
  std::uint32_t mask_;
  Side producer_;
  Side consumer_;
  alignas(kLine) std::atomic<std::uint32_t> published_;
  alignas(kLine) std::atomic<std::uint32_t> taken_;
};

}  // namespace quicrx
