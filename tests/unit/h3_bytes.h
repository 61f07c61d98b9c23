// SPDX-License-Identifier: MIT
/// HTTP/3 as it is on the wire, made and taken apart by hand.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace quicrx::test {

/// A variable-length integer (RFC 9000 section 16).
std::string varint(std::uint64_t value);
/// A frame, or what looks like one (RFC 9114 section 7.1).
std::string frame(std::uint64_t type, const std::string& payload);

using Fields = std::vector<std::pair<std::string, std::string>>;
/// A HEADERS frame of literals without the dynamic table (RFC 9204 section 4.5.6).
std::string headers(const Fields& fields);
/// A GET, or what the method says, of a path; with more fields behind.
Fields request(const std::string& path, const std::string& method = "GET", const Fields& more = {});
inline std::string data(const std::string& content) {
  return frame(0, content);
}

/// A response, as a client reads it.
struct Response {
  std::map<std::string, std::string> fields;
  std::string body;

  [[nodiscard]] std::string status() const { return field(":status"); }
  [[nodiscard]] std::string field(const std::string& name) const {
    const auto found = fields.find(name);
    return found == fields.end() ? "" : found->second;
  }
};
Response read_response(const std::string& stream);

}  // namespace quicrx::test
