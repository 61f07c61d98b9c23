// SPDX-License-Identifier: MIT
#include "net/prefix.h"

#include <arpa/inet.h>

#include <charconv>

namespace quicrx {
namespace {

bool has_host_bits(const IpPrefix& prefix) {
  for (unsigned bit = prefix.bits; bit < prefix.address.size() * 8; ++bit)
    if ((prefix.address[bit / 8] >> (7 - bit % 8) & 1) != 0) return true;
  return false;
}

}  // namespace

std::string IpPrefix::to_string() const {
  char text[INET6_ADDRSTRLEN] = {};
  inet_ntop(is_ipv6 ? AF_INET6 : AF_INET, address.data(), text, sizeof(text));
  return std::string(text) + "/" + std::to_string(bits);
}

Result<IpPrefix> parse_prefix(std::string_view text) {
  const auto refuse = [&](const char* why) {
    return fail(ErrorKind::usage, "'" + std::string(text) + "' " + why);
  };
  const std::size_t slash = text.find('/');
  const std::string address(text.substr(0, slash));
  IpPrefix prefix;
  if (inet_pton(AF_INET, address.c_str(), prefix.address.data()) == 1) {
    prefix.bits = 32;
  } else if (inet_pton(AF_INET6, address.c_str(), prefix.address.data()) == 1) {
    prefix.is_ipv6 = true;
    prefix.bits = 128;
  } else {
    return refuse("is no IPv4 or IPv6 address or prefix");
  }
  if (slash != std::string_view::npos) {
    const std::string_view digits = text.substr(slash + 1);
    unsigned bits = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
    if (error != std::errc() || end != digits.data() + digits.size() || bits > prefix.bits)
      return refuse("has no valid prefix length");
    prefix.bits = static_cast<std::uint8_t>(bits);
  }
  if (has_host_bits(prefix)) return refuse("has address bits set beyond its prefix length");
  return prefix;
}

}  // namespace quicrx
