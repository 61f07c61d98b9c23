// SPDX-License-Identifier: MIT
#include "telemetry/latency_counts.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <numeric>

namespace quicrx {
namespace {

/// Three digits say enough of a power of two.
std::string duration_text(std::chrono::microseconds duration) {
  const auto microseconds = static_cast<double>(duration.count());
  if (microseconds < 1e3) return fmt::format("{} us", duration.count());
  if (microseconds < 1e6) return fmt::format("{:.3g} ms", microseconds / 1e3);
  return fmt::format("{:.3g} s", microseconds / 1e6);
}

}  // namespace

LatencyCounts counts_of(const LatencyHistogram& histogram) {
  LatencyCounts counts{};
  for (std::size_t bucket = 0; bucket < counts.size(); ++bucket) counts[bucket] = histogram.count(bucket);
  return counts;
}

LatencyCounts& operator+=(LatencyCounts& sum, const LatencyCounts& counts) {
  std::ranges::transform(sum, counts, sum.begin(), std::plus{});
  return sum;
}

std::optional<std::size_t> percentile_bucket(const LatencyCounts& counts, unsigned percent) {
  const std::uint64_t all = std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
  if (all == 0) return std::nullopt;
  const std::uint64_t wanted = std::max<std::uint64_t>(1, (all * percent + 99) / 100);
  std::uint64_t held = 0;
  for (std::size_t bucket = 0; bucket < counts.size(); ++bucket)
    if (held += counts[bucket]; held >= wanted) return bucket;
  return counts.size() - 1;
}

std::string bucket_text(std::size_t bucket) {
  constexpr std::size_t kLast = LatencyHistogram::kBuckets - 1;
  if (bucket >= kLast) return ">= " + duration_text(LatencyHistogram::limit(kLast - 1));
  return "< " + duration_text(LatencyHistogram::limit(bucket));
}

}  // namespace quicrx
