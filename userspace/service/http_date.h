// SPDX-License-Identifier: MIT
#pragma once

#include <ctime>
#include <optional>
#include <string>
#include <string_view>

namespace quicrx {

/// A time as IMF-fixdate, the one form that is sent: "Sun, 06 Nov 1994 08:49:37 GMT".
std::string format_http_date(std::time_t time);

/// The time of an HTTP-date in any of the three forms that RFC 9110 section 5.6.7 wants accepted. `now` tells
/// the century of a year of two digits.
std::optional<std::time_t> parse_http_date(std::string_view text, std::time_t now);

/// The value of the Date field, made once a second.
class DateClock {
 public:
  /// Good until the next call.
  std::string_view now() {
    if (const std::time_t time = std::time(nullptr); time != second_ || text_.empty()) {
      second_ = time;
      text_ = format_http_date(time);
    }
    return text_;
  }

 private:
  std::time_t second_ = 0;
  std::string text_;
};

}  // namespace quicrx
