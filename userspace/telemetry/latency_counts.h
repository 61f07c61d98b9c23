// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "engine/latency_histogram.h"

namespace quicrx {

/// A histogram's buckets at one moment, or those of several together.
using LatencyCounts = std::array<std::uint64_t, LatencyHistogram::kBuckets>;

LatencyCounts counts_of(const LatencyHistogram& histogram);
LatencyCounts& operator+=(LatencyCounts& sum, const LatencyCounts& counts);

/// The lowest bucket that, with those below it, holds `percent` of all latencies (100: the worst one's).
/// Nothing where there are none.
std::optional<std::size_t> percentile_bucket(const LatencyCounts& counts, unsigned percent);

/// "< 8 us", "< 1.02 ms"; of the last bucket ">= 1.05 s".
std::string bucket_text(std::size_t bucket);

}  // namespace quicrx
