// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "quicrx/result.h"

namespace quicrx {

/// UDP ports from first to last, both included.
struct PortRange {
  std::uint16_t first = 0;
  std::uint16_t last = 0;

  friend bool operator==(const PortRange&, const PortRange&) = default;
};

/// The fewest ranges that hold these ports, ascending.
std::vector<PortRange> ranges_of(std::vector<std::uint16_t> ports);

/// "443", "443,8443-8450". Port 0 and ranges that go down are refused.
Result<std::vector<PortRange>> parse_port_ranges(std::string_view text);

}  // namespace quicrx
