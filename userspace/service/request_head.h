// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "service/http_request.h"

namespace quicrx {

/// The header fields of a request as they come in: what HttpRequest needs of them, and whether they are
/// well-formed where nghttp3 does not look (RFC 9114 section 4.3.1).
class RequestHead {
 public:
  /// Announced to the peer; sizes as RFC 9114 section 4.2.2 counts them.
  static constexpr std::size_t kMaxBytes = std::size_t{64} << 10;
  static constexpr std::size_t kMaxFields = 256;

  void add(std::string_view name, std::string_view value, HttpRequest& request);

  [[nodiscard]] bool too_large() const { return bytes_ > kMaxBytes || fields_ > kMaxFields; }
  /// Too large to be read to its end for the sake of an answer.
  [[nodiscard]] bool much_too_large() const { return bytes_ > 4 * kMaxBytes || fields_ > 4 * kMaxFields; }
  [[nodiscard]] bool well_formed(const HttpRequest& request) const;

 private:
  std::size_t bytes_ = 0;
  std::size_t fields_ = 0;
  std::string scheme_;
  std::optional<std::string> authority_;
  std::optional<std::string> host_;
};

}  // namespace quicrx
