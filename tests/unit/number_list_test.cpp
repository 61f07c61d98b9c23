// SPDX-License-Identifier: MIT
#include "net/number_list.h"

#include <gtest/gtest.h>

#include <limits>

namespace quicrx {
namespace {

using Numbers = std::vector<unsigned>;

TEST(NumberList, ReadsNumbersAndRangesInTheirOrder) {
  EXPECT_EQ(parse_number_list("0", 7).value(), (Numbers{0}));
  EXPECT_EQ(parse_number_list("0-3", 7).value(), (Numbers{0, 1, 2, 3}));
  EXPECT_EQ(parse_number_list("5,1-3,7", 7).value(), (Numbers{5, 1, 2, 3, 7}));
  EXPECT_EQ(parse_number_list("2-2", 7).value(), (Numbers{2}));
}

TEST(NumberList, MayNameANumberTwice) {
  EXPECT_EQ(parse_number_list("1,1,0-1", 7).value(), (Numbers{1, 1, 0, 1}));
}

TEST(NumberList, RefusesEverythingElse) {
  for (const char* text : {"",
                           ",",
                           "1,",
                           ",1",
                           "1,,2",
                           "-",
                           "1-",
                           "-1",
                           "1--2",
                           "1-2-3",
                           "3-1",
                           "x",
                           "1x",
                           "0x1",
                           "1 ",
                           " 1",
                           "1, 2",
                           "+1",
                           "all",
                           "1;2",
                           "8",
                           "0-8",
                           "0-4294967295",
                           "4294967296",
                           "18446744073709551616",
                           "0-18446744073709551616"})
    EXPECT_FALSE(parse_number_list(text, 7)) << text;
}

TEST(NumberList, EndsAtTheHighestNumberOfAll) {
  constexpr unsigned kHighest = std::numeric_limits<unsigned>::max();
  EXPECT_EQ(parse_number_list("4294967294-4294967295", kHighest).value(), (Numbers{kHighest - 1, kHighest}));
}

TEST(NumberList, SaysWhatIsWrong) {
  const auto refused = [](const char* text) { return parse_number_list(text, 3).error().message; };
  EXPECT_EQ(refused("zero"), "'zero' is no list of numbers, such as 0-3 or 0,2");
  EXPECT_EQ(refused("0,3-1"), "'0,3-1' has a range that goes down; write 1-3");
  EXPECT_EQ(refused("0-9"), "'0-9' names 9, and 3 is the highest there is");
  EXPECT_EQ(parse_number_set("0,2,1-2", 3).error().message,
            "'0,2,1-2' names 2 more than once; name each once");
  EXPECT_EQ(parse_number_set("0-9", 3).error().kind, ErrorKind::usage);
}

TEST(NumberSet, IsAscendingAndHasEachOnce) {
  EXPECT_EQ(parse_number_set("6,0-2", 7).value(), (Numbers{0, 1, 2, 6}));
  for (const char* text : {"1,1", "0-3,2", "", "8"}) EXPECT_FALSE(parse_number_set(text, 7)) << text;
}

TEST(NumberList, IsWrittenInShort) {
  EXPECT_EQ(number_list_text({}), "");
  EXPECT_EQ(number_list_text({4}), "4");
  EXPECT_EQ(number_list_text({0, 1, 2, 3, 6}), "0-3,6");
  EXPECT_EQ(number_list_text({5, 1, 2, 2, 0}), "5,1-2,2,0");
  for (const char* text : {"0-3,6", "7,5-6,5-6", "2,1,0"})
    EXPECT_EQ(number_list_text(parse_number_list(text, 7).value()), text);
}

}  // namespace
}  // namespace quicrx
