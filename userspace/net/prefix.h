// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "quicrx/result.h"

namespace quicrx {

/// An IP prefix; bits beyond its length are zero.
struct IpPrefix {
  std::array<std::uint8_t, 16> address{};  ///< the first 4 bytes for IPv4
  std::uint8_t bits = 0;
  bool is_ipv6 = false;

  friend bool operator==(const IpPrefix&, const IpPrefix&) = default;
  [[nodiscard]] std::string to_string() const;
};

/// "192.0.2.1", "192.0.2.0/24", "2001:db8::/32". Bits set beyond the length are refused, as `ip route` does.
Result<IpPrefix> parse_prefix(std::string_view text);

}  // namespace quicrx
