// SPDX-License-Identifier: MIT
#include "service/http_date.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace quicrx {
namespace {

constexpr std::array<std::string_view, 7> kDays{"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                "Thursday", "Friday", "Saturday"};
constexpr std::array<std::string_view, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

/// Takes a text apart from its front. Once something does not fit, all that follows fails, too.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  void skip(std::string_view expected) {
    if (!rest_.starts_with(expected)) failed_ = true;
    if (!failed_) rest_.remove_prefix(expected.size());
  }
  int digits(std::size_t count) {
    int value = 0;
    if (rest_.size() < count) failed_ = true;
    for (std::size_t i = 0; !failed_ && i < count; ++i) {
      if (rest_[i] < '0' || rest_[i] > '9') failed_ = true;
      value = value * 10 + (rest_[i] - '0');
    }
    if (!failed_) rest_.remove_prefix(count);
    return value;
  }
  int month() {
    const auto* found = std::ranges::find(kMonths, rest_.substr(0, 3));
    if (found == kMonths.end()) failed_ = true;
    if (!failed_) rest_.remove_prefix(3);
    return static_cast<int>(found - kMonths.begin());
  }
  /// A day's name, of which the first `letters` are written; all of them by default.
  void day_name(std::size_t letters = std::string_view::npos) {
    for (const std::string_view day : kDays) {
      if (!rest_.starts_with(day.substr(0, letters))) continue;
      rest_.remove_prefix(day.substr(0, letters).size());
      return;
    }
    failed_ = true;
  }
  void time_of_day(std::tm& time) {
    time.tm_hour = digits(2);
    skip(":");
    time.tm_min = digits(2);
    skip(":");
    time.tm_sec = digits(2);
  }
  [[nodiscard]] bool starts_with(std::string_view text) const { return rest_.starts_with(text); }
  [[nodiscard]] bool whole() const { return !failed_ && rest_.empty(); }

 private:
  std::string_view rest_;
  bool failed_ = false;
};

std::tm utc(std::time_t time) {
  std::tm parts{};
  gmtime_r(&time, &parts);
  return parts;
}

/// "Sun, 06 Nov 1994 08:49:37 GMT"
std::optional<std::tm> read_imf_fixdate(std::string_view text) {
  Reader reader(text);
  std::tm time{};
  reader.day_name(3);
  reader.skip(", ");
  time.tm_mday = reader.digits(2);
  reader.skip(" ");
  time.tm_mon = reader.month();
  reader.skip(" ");
  time.tm_year = reader.digits(4) - 1900;
  reader.skip(" ");
  reader.time_of_day(time);
  reader.skip(" GMT");
  return reader.whole() ? std::optional(time) : std::nullopt;
}

/// "Sunday, 06-Nov-94 08:49:37 GMT". A year that seems more than 50 years ahead is of the century before (RFC
/// 9110 section 5.6.7).
std::optional<std::tm> read_rfc850(std::string_view text, std::time_t now) {
  Reader reader(text);
  std::tm time{};
  reader.day_name();
  reader.skip(", ");
  time.tm_mday = reader.digits(2);
  reader.skip("-");
  time.tm_mon = reader.month();
  reader.skip("-");
  const int this_year = utc(now).tm_year;
  time.tm_year = this_year / 100 * 100 + reader.digits(2);
  if (time.tm_year > this_year + 50) time.tm_year -= 100;
  reader.skip(" ");
  reader.time_of_day(time);
  reader.skip(" GMT");
  return reader.whole() ? std::optional(time) : std::nullopt;
}

/// "Sun Nov  6 08:49:37 1994"
std::optional<std::tm> read_asctime(std::string_view text) {
  Reader reader(text);
  std::tm time{};
  reader.day_name(3);
  reader.skip(" ");
  time.tm_mon = reader.month();
  reader.skip(" ");
  if (reader.starts_with(" ")) {
    reader.skip(" ");
    time.tm_mday = reader.digits(1);
  } else {
    time.tm_mday = reader.digits(2);
  }
  reader.skip(" ");
  reader.time_of_day(time);
  reader.skip(" ");
  time.tm_year = reader.digits(4) - 1900;
  return reader.whole() ? std::optional(time) : std::nullopt;
}

}  // namespace

std::string format_http_date(std::time_t time) {
  const std::tm parts = utc(time);
  std::array<char, 40> rest{};
  // strftime's own names of days and months depend on the locale.
  const std::size_t bytes = std::strftime(rest.data(), rest.size(), " %Y %H:%M:%S GMT", &parts);
  std::string text(kDays[static_cast<std::size_t>(parts.tm_wday)].substr(0, 3));
  text += parts.tm_mday < 10 ? ", 0" : ", ";
  text += std::to_string(parts.tm_mday);
  text += ' ';
  text += kMonths[static_cast<std::size_t>(parts.tm_mon)];
  return text.append(rest.data(), bytes);
}

std::optional<std::time_t> parse_http_date(std::string_view text, std::time_t now) {
  auto time = read_imf_fixdate(text);
  if (!time) time = read_rfc850(text, now);
  if (!time) time = read_asctime(text);
  if (!time) return std::nullopt;
  if (time->tm_hour > 23 || time->tm_min > 59 || time->tm_sec > 60) return std::nullopt;
  time->tm_sec = std::min(time->tm_sec, 59);  // a leap second
  const int day = time->tm_mday;
  const std::time_t made = timegm(&*time);
  // timegm() takes the 30th of February for the 2nd of March.
  if (time->tm_mday != day) return std::nullopt;
  return made;
}

}  // namespace quicrx
