// SPDX-License-Identifier: MIT
#include "service/byte_range.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <limits>

namespace quicrx {
namespace {

constexpr std::string_view kUnit = "bytes=";

bool has_unit(std::string_view field) {
  return field.size() > kUnit.size() &&
         std::equal(kUnit.begin(), kUnit.end(), field.begin(), [](char expected, char c) {
           return std::tolower(static_cast<unsigned char>(c)) == expected;
         });
}

std::string_view trim(std::string_view text) {
  constexpr std::string_view kSpace = " \t";
  const std::size_t begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

/// A number of any length; what is too large for us is the largest that is not.
std::optional<std::uint64_t> parse_number(std::string_view digits) {
  const bool only_digits = std::ranges::all_of(digits, [](char c) { return c >= '0' && c <= '9'; });
  if (digits.empty() || !only_digits) return std::nullopt;
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return error == std::errc() ? value : std::numeric_limits<std::uint64_t>::max();
}

RangeRequest part(std::uint64_t first, std::uint64_t bytes) {
  return {RangeRequest::Kind::part, {first, bytes}};
}

}  // namespace

RangeRequest parse_range(std::string_view field, std::uint64_t size) {
  constexpr RangeRequest kUnsatisfiable{RangeRequest::Kind::unsatisfiable, {}};
  if (!has_unit(field)) return {};
  const std::string_view spec = trim(field.substr(kUnit.size()));
  const std::size_t dash = spec.find('-');
  if (dash == std::string_view::npos) return {};
  const std::string_view last_text = spec.substr(dash + 1);
  const auto last = parse_number(last_text);
  if (dash == 0) {
    if (!last) return {};
    const std::uint64_t bytes = std::min(*last, size);
    return bytes == 0 ? kUnsatisfiable : part(size - bytes, bytes);
  }
  const auto first = parse_number(spec.substr(0, dash));
  if (!first || (!last && !last_text.empty()) || (last && *last < *first)) return {};
  if (*first >= size) return kUnsatisfiable;
  return part(*first, last ? std::min(*last, size - 1) - *first + 1 : size - *first);
}

}  // namespace quicrx
