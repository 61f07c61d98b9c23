// SPDX-License-Identifier: MIT
#include "service/preconditions.h"

#include <string_view>

#include "service/entity_tag.h"
#include "service/http_date.h"

namespace quicrx {
namespace {

bool matches(std::string_view list, const Validators* current, Comparison comparison) {
  if (current == nullptr) return false;
  return list == "*" || names_tag(list, current->entity_tag, comparison);
}

/// Whether the file was changed after the field's date. Nothing when the field is no date, and to be ignored.
std::optional<bool> changed_since(std::string_view field, const Validators& current, std::time_t now) {
  const auto date = parse_http_date(field, now);
  return date ? std::optional(current.modified > *date) : std::nullopt;
}

}  // namespace

Preconditions::Verdict Preconditions::evaluate(const Validators* current, bool reads, std::time_t now) const {
  if (if_match) {
    if (!matches(*if_match, current, Comparison::strong)) return Verdict::failed;
  } else if (if_unmodified_since && current != nullptr) {
    if (changed_since(*if_unmodified_since, *current, now).value_or(false)) return Verdict::failed;
  }
  if (if_none_match) {
    if (matches(*if_none_match, current, Comparison::weak))
      return reads ? Verdict::not_modified : Verdict::failed;
  } else if (if_modified_since && reads && current != nullptr) {
    if (!changed_since(*if_modified_since, *current, now).value_or(true)) return Verdict::not_modified;
  }
  return Verdict::go_on;
}

bool Preconditions::range_counts(const Validators& current, std::time_t now) const {
  if (!if_range) return true;
  if (if_range->starts_with('"')) return *if_range == current.entity_tag;
  // A date is strong only when nothing more can happen to the file in its second.
  const auto date = parse_http_date(*if_range, now);
  return date && *date == current.modified && current.modified < now;
}

}  // namespace quicrx
