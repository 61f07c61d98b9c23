// SPDX-License-Identifier: MIT
/// Lists of queues and CPUs as people and the kernel write them: "0-3,6".
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "quicrx/result.h"

namespace quicrx {

/// Both included.
struct NumberRange {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
};

/// Calls `each` with the ranges of a text such as "5,1-3", as they are written: what they may be is for
/// `each` to say. False when the text is no such list, or `each` would not have one.
bool for_each_range(std::string_view text, const std::function<bool(const NumberRange&)>& each);

/// "5,1-3" is 5, 1, 2, 3: in the order in which they are named, as often as they are named. Refuses empty
/// lists, ranges that go down, and numbers above `highest`.
Result<std::vector<unsigned>> parse_number_list(std::string_view text, unsigned highest);

/// The same, where each number may be named once; ascending.
Result<std::vector<unsigned>> parse_number_set(std::string_view text, unsigned highest);

/// The shortest text that parse_number_list() reads as these numbers.
std::string number_list_text(const std::vector<unsigned>& numbers);

/// "queue 0", "queues 0-3".
std::string queues_text(const std::vector<unsigned>& queues);

}  // namespace quicrx
