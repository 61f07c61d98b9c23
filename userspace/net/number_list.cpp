// SPDX-License-Identifier: MIT
#include "net/number_list.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>

namespace quicrx {
namespace {

/// Moves `text` behind the number it begins with; nothing when it begins with none.
std::optional<std::uint64_t> take_number(std::string_view& text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return number;
}

std::optional<NumberRange> take_range(std::string_view& text) {
  const auto first = take_number(text);
  auto last = first;
  if (first && text.starts_with('-')) {
    text.remove_prefix(1);
    last = take_number(text);
  }
  if (!last) return std::nullopt;
  return NumberRange{*first, *last};
}

}  // namespace

bool for_each_range(std::string_view text, const std::function<bool(const NumberRange&)>& each) {
  while (true) {
    const auto range = take_range(text);
    if (!range || !(text.empty() || text.starts_with(',')) || !each(*range)) return false;
    if (text.empty()) return true;
    text.remove_prefix(1);
  }
}

Result<std::vector<unsigned>> parse_number_list(std::string_view text, unsigned highest) {
  std::vector<unsigned> numbers;
  std::string why = "is no list of numbers, such as 0-3 or 0,2";
  const bool good = for_each_range(text, [&](const NumberRange& range) {
    if (range.last < range.first) {
      why = "has a range that goes down; write " + std::to_string(range.last) + "-" +
            std::to_string(range.first);
      return false;
    }
    if (range.last > highest) {
      why = "names " + std::to_string(range.last) + ", and " + std::to_string(highest) +
            " is the highest there is";
      return false;
    }
    for (std::uint64_t number = range.first; number <= range.last; ++number)
      numbers.push_back(static_cast<unsigned>(number));
    return true;
  });
  if (good) return numbers;
  return fail(ErrorKind::usage, "'" + std::string(text) + "' " + why);
}

Result<std::vector<unsigned>> parse_number_set(std::string_view text, unsigned highest) {
  auto numbers = parse_number_list(text, highest);
  if (!numbers) return numbers;
  std::ranges::sort(*numbers);
  const auto twice = std::ranges::adjacent_find(*numbers);
  if (twice == numbers->end()) return numbers;
  return fail(ErrorKind::usage, "'" + std::string(text) + "' names " + std::to_string(*twice) +
                                    " more than once; name each once");
}

std::string number_list_text(const std::vector<unsigned>& numbers) {
  std::string text;
  for (auto first = numbers.begin(); first != numbers.end();) {
    auto last = first;
    while (last + 1 != numbers.end() && last[1] == *last + 1) ++last;
    if (!text.empty()) text += ',';
    text += std::to_string(*first);
    if (last != first) text += '-' + std::to_string(*last);
    first = last + 1;
  }
  return text;
}

std::string queues_text(const std::vector<unsigned>& queues) {
  return (queues.size() == 1 ? "queue " : "queues ") + number_list_text(queues);
}

}  // namespace quicrx
