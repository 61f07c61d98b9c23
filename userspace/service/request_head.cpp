// SPDX-License-Identifier: MIT
#include "service/request_head.h"

#include <algorithm>
#include <cctype>
#include <charconv>

namespace quicrx {
namespace {

constexpr std::size_t kFieldOverhead = 32;

bool same_but_for_case(std::string_view one, std::string_view other) {
  return std::ranges::equal(
      one, other, [](unsigned char a, unsigned char b) { return std::tolower(a) == std::tolower(b); });
}

/// Several lines of a field are one list (RFC 9110 section 5.3); for a field that is no list, that makes it
/// malformed, as it should be.
void append(std::optional<std::string>& field, std::string_view line) {
  if (field) {
    field->append(", ").append(line);
  } else {
    field = line;
  }
}

}  // namespace

void RequestHead::add(std::string_view name, std::string_view value, HttpRequest& request) {
  bytes_ += name.size() + value.size() + kFieldOverhead;
  ++fields_;
  if (too_large()) return;
  if (name == ":method") request.method = value;
  if (name == ":path") request.target = value;
  if (name == ":scheme") scheme_ = value;
  if (name == ":authority") authority_ = value;
  if (name == "host") append(host_, value);
  if (name == "content-length") {
    // nghttp3 has refused what is no number, and holds the body to it.
    std::uint64_t length = 0;
    std::from_chars(value.data(), value.data() + value.size(), length);
    request.content_length = length;
  }
  if (name == "range") append(request.range, value);
  Preconditions& conditions = request.conditions;
  if (name == "if-match") append(conditions.if_match, value);
  if (name == "if-none-match") append(conditions.if_none_match, value);
  if (name == "if-modified-since") append(conditions.if_modified_since, value);
  if (name == "if-unmodified-since") append(conditions.if_unmodified_since, value);
  if (name == "if-range") append(conditions.if_range, value);
}

bool RequestHead::well_formed(const HttpRequest& request) const {
  if (request.method == "CONNECT") return authority_ && !authority_->empty();
  if (!same_but_for_case(scheme_, "https") && !same_but_for_case(scheme_, "http")) return true;
  if (!authority_ && !host_) return false;
  for (const auto& name : {authority_, host_})
    if (name && (name->empty() || name->find('@') != std::string::npos)) return false;
  if (authority_ && host_ && !same_but_for_case(*authority_, *host_)) return false;
  return request.target.starts_with('/') || (request.method == "OPTIONS" && request.target == "*");
}

}  // namespace quicrx
