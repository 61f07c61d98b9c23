// SPDX-License-Identifier: MIT
#include "telemetry/table.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <sstream>

namespace quicrx {
namespace {

constexpr std::size_t kPage = 100;

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

TEST(Table, AlignsNumbersToTheRightAndAddsThemUp) {
  Table table(2, true);
  table.texts(1, "queue", {"0", "1", "sum"});
  table.numbers(2, "received", {7, 12345});
  EXPECT_EQ(table.render(kPage),
            "  queue                                  0           1         sum\n"
            "    received                             7       12345       12352\n");
}

TEST(Table, LeavesOutWhatIsZeroEverywhereAndSectionsOfNothingElse) {
  Table table(2);
  table.section(1, "empty");
  table.numbers(2, "zero", {0, 0});
  table.numbers(2, "unknown", {std::nullopt, std::nullopt}, Table::Zeros::keep);
  table.section(1, "full");
  table.numbers(2, "one", {0, 1});
  table.numbers(2, "level", {0, 0}, Table::Zeros::keep);
  const std::vector<std::string> lines = lines_of(table.render(kPage));
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_EQ(lines[0], "  full");
  EXPECT_TRUE(lines[1].starts_with("    one"));
  EXPECT_TRUE(lines[2].starts_with("    level"));
}

TEST(Table, ShowsADashForWhatIsNotKnown) {
  Table table(2, true);
  table.numbers(0, "level", {std::nullopt, 5});
  EXPECT_EQ(table.render(kPage), "level                                    -           5           5\n");
}

TEST(Table, WidensForLongLabelsAndNumbers) {
  Table table(1);
  table.numbers(1, "a_label_that_is_longer_than_all_of_ours", {1});
  table.numbers(1, "most", {UINT64_MAX});
  const std::vector<std::string> lines = lines_of(table.render(kPage));
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[0].size(), lines[1].size());
  EXPECT_TRUE(lines[1].ends_with("  18446744073709551615"));
}

TEST(Table, CutsColumnsIntoEvenBlocksThatFitThePage) {
  Table table(6, true);
  table.texts(1, "queue", {"0", "1", "2", "3", "4", "5", "sum"});
  table.section(1, "datagrams");
  table.numbers(2, "received", {10, 11, 12, 13, 14, 15});
  const std::vector<std::string> lines = lines_of(table.render(kPage));
  ASSERT_EQ(lines.size(), 7u);
  for (const std::string& line : lines) EXPECT_LE(line.size(), kPage);
  EXPECT_TRUE(lines[2].ends_with("13")) << "four columns, not five";
  EXPECT_EQ(lines[3], "");
  EXPECT_EQ(lines[4], "  queue                                  4           5         sum");
  EXPECT_EQ(lines[5], "  datagrams");
  EXPECT_EQ(lines[6], "    received                            14          15          75");
}

TEST(Table, OnTheNarrowestPageHasAColumnABlock) {
  Table table(3);
  table.numbers(0, "one", {1, 2, 3});
  EXPECT_EQ(lines_of(table.render(1)).size(), 5u);
}

}  // namespace
}  // namespace quicrx
