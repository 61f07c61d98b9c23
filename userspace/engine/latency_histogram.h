// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace quicrx {

/// How often something took how long, in powers of two of a microsecond. One thread adds, anybody reads, also
/// through shared memory.
class LatencyHistogram {
 public:
  /// Bucket 0 is below 1 us, bucket i below 2^i us, and the last has no limit.
  static constexpr std::size_t kBuckets = 22;

  void add(std::chrono::nanoseconds latency) noexcept {
    auto& bucket = counts_[bucket_of(latency)];
    bucket.store(bucket.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  }
  [[nodiscard]] std::uint64_t count(std::size_t bucket) const noexcept {
    return counts_[bucket].load(std::memory_order_relaxed);
  }
  [[nodiscard]] static constexpr std::size_t bucket_of(std::chrono::nanoseconds latency) noexcept {
    const auto microseconds = static_cast<std::uint64_t>(std::max<std::int64_t>(0, latency.count()) / 1000);
    return std::min<std::size_t>(static_cast<std::size_t>(std::bit_width(microseconds)), kBuckets - 1);
  }
  /// The first latency that is above the bucket; meaningless for the last.
  [[nodiscard]] static constexpr std::chrono::microseconds limit(std::size_t bucket) noexcept {
    return std::chrono::microseconds(std::int64_t{1} << bucket);
  }

 private:
  std::array<std::atomic<std::uint64_t>, kBuckets> counts_{};
};

}  // namespace quicrx
