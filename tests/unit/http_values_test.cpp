// SPDX-License-Identifier: MIT
/// Dates, ranges, entity tags and conditions of HTTP.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "service/byte_range.h"
#include "service/entity_tag.h"
#include "service/http_date.h"
#include "service/preconditions.h"

namespace quicrx {
namespace {

constexpr std::time_t kNow = 1'700'000'000;  // Tue, 14 Nov 2023 22:13:20 GMT
constexpr std::time_t kExample = 784'111'777;
using Kind = RangeRequest::Kind;
using Verdict = Preconditions::Verdict;

TEST(HttpDate, IsWrittenInItsFixedForm) {
  EXPECT_EQ(format_http_date(kExample), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(format_http_date(0), "Thu, 01 Jan 1970 00:00:00 GMT");
  EXPECT_EQ(format_http_date(951'782'400), "Tue, 29 Feb 2000 00:00:00 GMT");
}

TEST(HttpDate, IsReadInAllThreeForms) {
  const std::vector<std::pair<std::string, std::time_t>> all{
      {"Sun, 06 Nov 1994 08:49:37 GMT", kExample},
      {"Sunday, 06-Nov-94 08:49:37 GMT", kExample},
      {"Sun Nov  6 08:49:37 1994", kExample},
      {"Wed Nov 16 08:49:37 1994", kExample + 10 * 86'400},
      {"Tue, 29 Feb 2000 00:00:00 GMT", 951'782'400},
      {"Sat, 31 Dec 2016 23:59:60 GMT", 1'483'228'799},
      {"Friday, 01-Jan-70 00:00:00 GMT", 3'155'760'000},  // 47 years ahead
      {"Tuesday, 01-Jan-74 00:00:00 GMT", 126'230'400},   // 51 would be too many
  };
  for (const auto& [text, time] : all) EXPECT_EQ(parse_http_date(text, kNow), time) << text;
}

TEST(HttpDate, IsNothingElse) {
  for (const std::string text :
       {"", "Sun", "Sun, 6 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37",
        "Sun, 06 Nov 1994 08:49:37 UTC", "Sun, 06 nov 1994 08:49:37 GMT", "Xxx, 06 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 24:00:00 GMT", "Sun, 06 Nov 1994 08:60:00 GMT", "Sun, 06 Nov 1994 08:49:61 GMT",
        "Wed, 30 Feb 2000 00:00:00 GMT", "Sun, 00 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 GMT ",
        "Sun, 06 Nov -994 08:49:37 GMT", "Sun, 06-Nov-94 08:49:37 GMT", "Sun Nov 006 08:49:37 1994",
        "784111777"})
    EXPECT_FALSE(parse_http_date(text, kNow)) << text;
}

struct RangeCase {
  std::string field;
  std::uint64_t size;
  RangeRequest wanted;
};

TEST(ByteRange, IsOneRangeOfTheRepresentation) {
  const RangeRequest unsatisfiable{Kind::unsatisfiable, {}}, whole{};
  const auto part = [](std::uint64_t first, std::uint64_t bytes) {
    return RangeRequest{Kind::part, {first, bytes}};
  };
  const std::vector<RangeCase> all{
      {"bytes=0-0", 10, part(0, 1)},
      {"bytes=2-5", 10, part(2, 4)},
      {"bytes=2-", 10, part(2, 8)},
      {"bytes=-3", 10, part(7, 3)},
      {"bytes=-30", 10, part(0, 10)},
      {"bytes=0-99", 10, part(0, 10)},
      {"Bytes= 2-5 ", 10, part(2, 4)},
      {"bytes=9-99999999999999999999999", 10, part(9, 1)},
      {"bytes=10-", 10, unsatisfiable},
      {"bytes=10-12", 10, unsatisfiable},
      {"bytes=99999999999999999999999-", 10, unsatisfiable},
      {"bytes=-0", 10, unsatisfiable},
      {"bytes=0-", 0, unsatisfiable},
      {"bytes=-1", 0, unsatisfiable},
      {"bytes=5-2", 10, whole},
      {"bytes=0-1,3-4", 10, whole},
      {"bytes=", 10, whole},
      {"bytes=-", 10, whole},
      {"bytes=x-2", 10, whole},
      {"bytes=2-x", 10, whole},
      {"bytes=+2-3", 10, whole},
      {"bytes=--3", 10, whole},
      {"lines=1-2", 10, whole},
      {"0-1", 10, whole},
      {"", 10, whole},
  };
  for (const RangeCase& one : all) {
    const RangeRequest got = parse_range(one.field, one.size);
    EXPECT_EQ(got.kind, one.wanted.kind) << one.field;
    EXPECT_EQ(got.range, one.wanted.range) << one.field;
  }
}

TEST(EntityTag, IsFoundInAList) {
  for (const std::string list : {"\"a\"", "\"x\", \"a\"", "\"x\",\"a\" , \"y\"", ", ,\"a\"", "\"a\" rubbish"})
    EXPECT_TRUE(names_tag(list, "\"a\"", Comparison::strong)) << list;
  for (const std::string list : {"", "a", "\"b\"", "\"a", "\"x\" \"a\"", "x, \"a\"", "w/\"a\"", "\"x, \"a\""})
    EXPECT_FALSE(names_tag(list, "\"a\"", Comparison::strong)) << list;
  EXPECT_TRUE(names_tag("W/\"a\"", "\"a\"", Comparison::weak));
  EXPECT_FALSE(names_tag("W/\"a\"", "\"a\"", Comparison::strong));
  EXPECT_TRUE(names_tag("\"with, comma\", \"a\"", "\"a\"", Comparison::strong));
}

TEST(EntityTag, ChangesWithTheFile) {
  struct stat one {};
  one.st_size = 10;
  one.st_ino = 7;
  one.st_mtim = {100, 5};
  struct stat other = one;
  const std::string tag = entity_tag_of(one);
  EXPECT_EQ(tag, entity_tag_of(other));
  EXPECT_TRUE(tag.starts_with('"') && tag.ends_with('"'));
  other.st_mtim.tv_nsec = 6;
  EXPECT_NE(tag, entity_tag_of(other));
  other = one;
  other.st_size = 11;
  EXPECT_NE(tag, entity_tag_of(other));
  other = one;
  other.st_ino = 8;
  EXPECT_NE(tag, entity_tag_of(other));
}

struct ConditionCase {
  std::string what;
  Preconditions conditions;
  Verdict reads;
  Verdict writes;
};

TEST(Preconditions, AreEvaluatedInTheirOrder) {
  const std::string before = format_http_date(kExample - 1), same = format_http_date(kExample),
                    after = format_http_date(kExample + 1);
  const Validators current{"\"tag\"", kExample};
  const auto no = Verdict::failed, on = Verdict::go_on, old = Verdict::not_modified;
  const std::vector<ConditionCase> all{
      {"none", {}, on, on},
      {"If-Match that does", {.if_match = "\"tag\""}, on, on},
      {"If-Match, any", {.if_match = "*"}, on, on},
      {"If-Match that does not", {.if_match = "\"other\""}, no, no},
      {"If-Match is strong", {.if_match = "W/\"tag\""}, no, no},
      {"If-Match hides If-Unmodified-Since", {.if_match = "\"tag\"", .if_unmodified_since = before}, on, on},
      {"If-None-Match that does", {.if_none_match = "\"x\", \"tag\""}, old, no},
      {"If-None-Match is weak", {.if_none_match = "W/\"tag\""}, old, no},
      {"If-None-Match, any", {.if_none_match = "*"}, old, no},
      {"If-None-Match that does not", {.if_none_match = "\"other\""}, on, on},
      {"If-None-Match hides If-Modified-Since",
       {.if_none_match = "\"other\"", .if_modified_since = after},
       on,
       on},
      {"If-Match comes first", {.if_match = "\"other\"", .if_none_match = "\"tag\""}, no, no},
      {"modified since", {.if_modified_since = before}, on, on},
      {"not modified since", {.if_modified_since = same}, old, on},
      {"modified since rubbish", {.if_modified_since = "yesterday"}, on, on},
      {"not unmodified since", {.if_unmodified_since = before}, no, no},
      {"unmodified since", {.if_unmodified_since = same}, on, on},
      {"unmodified since rubbish", {.if_unmodified_since = "yesterday"}, on, on},
      {"If-Unmodified-Since comes first",
       {.if_none_match = "\"tag\"", .if_unmodified_since = before},
       no,
       no},
  };
  for (const ConditionCase& one : all) {
    EXPECT_EQ(one.conditions.evaluate(&current, true, kNow), one.reads) << one.what;
    EXPECT_EQ(one.conditions.evaluate(&current, false, kNow), one.writes) << one.what;
  }
}

TEST(Preconditions, OfWhatIsNotThere) {
  EXPECT_EQ(Preconditions{.if_match = "*"}.evaluate(nullptr, false, kNow), Verdict::failed);
  EXPECT_EQ(Preconditions{.if_none_match = "*"}.evaluate(nullptr, false, kNow), Verdict::go_on);
}

TEST(Preconditions, IfRangeTakesStrongValidatorsOnly) {
  const Validators current{"\"tag\"", kExample};
  const auto counts = [&](const std::string& field, std::time_t now = kNow) {
    return Preconditions{.if_range = field}.range_counts(current, now);
  };
  EXPECT_TRUE(Preconditions{}.range_counts(current, kNow));
  EXPECT_TRUE(counts("\"tag\""));
  EXPECT_FALSE(counts("\"other\""));
  EXPECT_FALSE(counts("W/\"tag\""));
  EXPECT_TRUE(counts(format_http_date(kExample)));
  EXPECT_FALSE(counts(format_http_date(kExample + 1))) << "the date must be the same";
  EXPECT_FALSE(counts(format_http_date(kExample), kExample)) << "the second is not over";
  EXPECT_FALSE(counts("rubbish"));
}

}  // namespace
}  // namespace quicrx
