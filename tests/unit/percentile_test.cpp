// SPDX-License-Identifier: MIT
#include "bench/load/percentile.h"

#include <gtest/gtest.h>

#include <numeric>
#include <vector>

namespace quicrx::load {
namespace {

TEST(LoadPercentile, IsTheSmallestThatThePartDoesNotExceed) {
  std::vector<std::int64_t> sorted(1000);
  std::iota(sorted.begin(), sorted.end(), 1);
  EXPECT_EQ(percentile(sorted, 0), 1);
  EXPECT_EQ(percentile(sorted, 0.5), 500);
  EXPECT_EQ(percentile(sorted, 0.99), 990);
  EXPECT_EQ(percentile(sorted, 0.999), 999);
  EXPECT_EQ(percentile(sorted, 1), 1000);
}

TEST(LoadPercentile, OfFewIsOneOfThem) {
  const std::vector<std::int64_t> two{3, 8};
  EXPECT_EQ(percentile(two, 0.5), 3);
  EXPECT_EQ(percentile(two, 0.99), 8);
  EXPECT_EQ(percentile({}, 0.99), 0);
}

}  // namespace
}  // namespace quicrx::load
