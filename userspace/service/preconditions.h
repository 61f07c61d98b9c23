// SPDX-License-Identifier: MIT
#pragma once

#include <ctime>
#include <optional>
#include <string>

namespace quicrx {

/// What tells one state of a file from another.
struct Validators {
  std::string entity_tag;
  std::time_t modified = 0;  ///< not after the time at which it is told
};

/// The conditions of a request, each field's value as it came.
struct Preconditions {
  std::optional<std::string> if_match = std::nullopt;
  std::optional<std::string> if_none_match = std::nullopt;
  std::optional<std::string> if_modified_since = std::nullopt;
  std::optional<std::string> if_unmodified_since = std::nullopt;
  std::optional<std::string> if_range = std::nullopt;

  enum class Verdict {
    go_on,
    not_modified,  ///< 304
    failed,        ///< 412
  };

  /// In the order of RFC 9110 section 13.2.2. `current`: of the file that there is, if there is one. `reads`:
  /// the method is GET or HEAD.
  [[nodiscard]] Verdict evaluate(const Validators* current, bool reads, std::time_t now) const;

  /// Whether If-Range, if there is one, lets a Range field count (RFC 9110 section 13.1.5).
  [[nodiscard]] bool range_counts(const Validators& current, std::time_t now) const;
};

}  // namespace quicrx
