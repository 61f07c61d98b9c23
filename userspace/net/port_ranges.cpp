// SPDX-License-Identifier: MIT
#include "net/port_ranges.h"

#include <algorithm>
#include <cstdint>
#include <string>

#include "net/number_list.h"

namespace quicrx {

std::vector<PortRange> ranges_of(std::vector<std::uint16_t> ports) {
  std::ranges::sort(ports);
  std::vector<PortRange> ranges;
  for (const std::uint16_t port : ports) {
    if (ranges.empty() || port > ranges.back().last + 1) ranges.push_back({port, port});
    ranges.back().last = port;
  }
  return ranges;
}

Result<std::vector<PortRange>> parse_port_ranges(std::string_view text) {
  constexpr std::uint64_t kHighest = 65535;
  std::vector<PortRange> ranges;
  const bool good = for_each_range(text, [&](const NumberRange& range) {
    if (range.first == 0 || range.last < range.first || range.last > kHighest) return false;
    ranges.push_back({static_cast<std::uint16_t>(range.first), static_cast<std::uint16_t>(range.last)});
    return true;
  });
  if (good) return ranges;
  return fail(ErrorKind::usage, "'" + std::string(text) +
                                    "' is no list of ports from 1 to 65535, such as 443 or 443,8443-8450");
}

}  // namespace quicrx
