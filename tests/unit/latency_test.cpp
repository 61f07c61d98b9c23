// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <chrono>

#include "engine/latency_histogram.h"
#include "telemetry/latency_counts.h"

namespace quicrx {
namespace {

using namespace std::chrono_literals;
constexpr std::size_t kLast = LatencyHistogram::kBuckets - 1;

TEST(LatencyHistogram, BucketsAreMicrosecondsInPowersOfTwo) {
  EXPECT_EQ(LatencyHistogram::bucket_of(0ns), 0u);
  EXPECT_EQ(LatencyHistogram::bucket_of(999ns), 0u);
  EXPECT_EQ(LatencyHistogram::bucket_of(1us), 1u);
  EXPECT_EQ(LatencyHistogram::bucket_of(1999ns), 1u);
  EXPECT_EQ(LatencyHistogram::bucket_of(2us), 2u);
  EXPECT_EQ(LatencyHistogram::bucket_of(1ms), 10u);
}

TEST(LatencyHistogram, EachBucketEndsAtItsLimit) {
  for (std::size_t bucket = 0; bucket < kLast; ++bucket) {
    EXPECT_EQ(LatencyHistogram::bucket_of(LatencyHistogram::limit(bucket) - 1ns), bucket);
    EXPECT_EQ(LatencyHistogram::bucket_of(LatencyHistogram::limit(bucket)), bucket + 1);
  }
}

TEST(LatencyHistogram, HasABucketForWhatCannotBe) {
  EXPECT_EQ(LatencyHistogram::bucket_of(-1ns), 0u);
  EXPECT_EQ(LatencyHistogram::bucket_of(std::chrono::nanoseconds::min()), 0u);
  EXPECT_EQ(LatencyHistogram::bucket_of(1h), kLast);
  EXPECT_EQ(LatencyHistogram::bucket_of(std::chrono::nanoseconds::max()), kLast);
}

TEST(LatencyHistogram, CountsWhatIsAdded) {
  LatencyHistogram histogram;
  for (const auto latency : {0ns, 999ns, 1000ns, 3000ns, -5ns}) histogram.add(latency);
  histogram.add(1h);
  LatencyCounts expected{};
  expected[0] = 3;
  expected[1] = 1;
  expected[2] = 1;
  expected[kLast] = 1;
  EXPECT_EQ(counts_of(histogram), expected);
}

TEST(LatencyCounts, AddUp) {
  LatencyCounts sum{1, 2}, counts{0, 3, 4};
  sum += counts;
  EXPECT_EQ(sum, (LatencyCounts{1, 5, 4}));
}

TEST(Percentile, IsNothingOfNothing) {
  EXPECT_EQ(percentile_bucket({}, 50), std::nullopt);
  EXPECT_EQ(percentile_bucket({}, 100), std::nullopt);
}

TEST(Percentile, OfOneLatencyIsItsBucket) {
  LatencyCounts counts{};
  counts[7] = 1;
  for (const unsigned percent : {0u, 1u, 50u, 99u, 100u}) EXPECT_EQ(percentile_bucket(counts, percent), 7u);
}

TEST(Percentile, IsTheLowestBucketThatHoldsEnough) {
  LatencyCounts counts{};
  counts[1] = 50;
  counts[4] = 49;
  counts[kLast] = 1;
  EXPECT_EQ(percentile_bucket(counts, 50), 1u) << "exactly the half";
  EXPECT_EQ(percentile_bucket(counts, 51), 4u);
  EXPECT_EQ(percentile_bucket(counts, 99), 4u);
  EXPECT_EQ(percentile_bucket(counts, 100), kLast);
  counts[1] = 49;
  EXPECT_EQ(percentile_bucket(counts, 50), 4u) << "half of 99 is more than 49";
}

TEST(Percentile, CountsALot) {
  LatencyCounts counts{};
  counts[3] = std::uint64_t{1} << 56;
  counts[5] = 1;
  EXPECT_EQ(percentile_bucket(counts, 99), 3u);
  EXPECT_EQ(percentile_bucket(counts, 100), 5u);
}

TEST(BucketText, NamesTheLimit) {
  EXPECT_EQ(bucket_text(0), "< 1 us");
  EXPECT_EQ(bucket_text(3), "< 8 us");
  EXPECT_EQ(bucket_text(9), "< 512 us");
  EXPECT_EQ(bucket_text(10), "< 1.02 ms");
  EXPECT_EQ(bucket_text(19), "< 524 ms");
  EXPECT_EQ(bucket_text(kLast - 1), "< 1.05 s");
  EXPECT_EQ(bucket_text(kLast), ">= 1.05 s");
}

}  // namespace
}  // namespace quicrx
