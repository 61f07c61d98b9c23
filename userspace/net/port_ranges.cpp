// SPDX-License-Identifier: MIT
#include "net/port_ranges.h"

#include <algorithm>
#include <charconv>
#include <string>

namespace quicrx {
namespace {

/// Moves `text` behind the port number it begins with; 0 when it begins with none.
std::uint16_t take_port(std::string_view& text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc()) return 0;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return port;
}

}  // namespace

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
  const std::string whole(text);
  const auto refuse = [&] {
    return fail(ErrorKind::usage,
                "'" + whole + "' is no list of ports from 1 to 65535, such as 443 or 443,8443-8450");
  };
  std::vector<PortRange> ranges;
  while (true) {
    PortRange range;
    range.first = range.last = take_port(text);
    if (text.starts_with('-')) {
      text.remove_prefix(1);
      range.last = take_port(text);
    }
    if (range.first == 0 || range.last < range.first) return refuse();
    ranges.push_back(range);
    if (text.empty()) return ranges;
    if (!text.starts_with(',')) return refuse();
    text.remove_prefix(1);
  }
}

}  // namespace quicrx
