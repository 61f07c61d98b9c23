// SPDX-License-Identifier: MIT
/// Lists of queues and CPUs as people and the kernel write them: "0-3,6".
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "quicrx/result.h"

namespace quicrx {

/// "5,1-3" is 5, 1, 2, 3: in the order in which they are named, as often as they are named. Refuses empty
/// lists, ranges that go down, and numbers above `highest`.
Result<std::vector<unsigned>> parse_number_list(std::string_view text, unsigned highest);

/// The same, where each number may be named once; ascending.
Result<std::vector<unsigned>> parse_number_set(std::string_view text, unsigned highest);

/// The shortest text that parse_number_list() reads as these numbers.
std::string number_list_text(const std::vector<unsigned>& numbers);

}  // namespace quicrx
