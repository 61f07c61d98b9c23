// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace quicrx {

enum class Grade {
  good,
  advice,   ///< works, and would work better
  problem,  ///< `load` or `run` would be refused, or traffic lost
};

constexpr std::string_view name_of(Grade grade) {
  return grade == Grade::good ? "good" : grade == Grade::advice ? "advice" : "problem";
}

struct Finding {
  std::string topic;  ///< one of those in docs/operations.md
  Grade grade = Grade::good;
  std::string text;
  std::string remedy = {};  ///< the command that mends it; empty where there is none, or nothing to mend
};

using Findings = std::vector<Finding>;

}  // namespace quicrx
