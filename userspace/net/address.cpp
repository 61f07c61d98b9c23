// SPDX-License-Identifier: MIT
#include "quicrx/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstring>

namespace quicrx {

SocketAddress::SocketAddress() noexcept : v6_{} {
  any_.sa_family = AF_INET;
}

SocketAddress::SocketAddress(Bytes ip, std::uint16_t port) noexcept : v6_{} {
  if (ip.size() == sizeof(in6_addr)) {
    v6_.sin6_family = AF_INET6;
    v6_.sin6_port = htons(port);
    std::memcpy(&v6_.sin6_addr, ip.data(), sizeof(in6_addr));
  } else {
    v4_.sin_family = AF_INET;
    v4_.sin_port = htons(port);
    std::memcpy(&v4_.sin_addr, ip.data(), sizeof(in_addr));
  }
}

SocketAddress SocketAddress::any_ipv4(std::uint16_t port) noexcept {
  return {Bytes(reinterpret_cast<const std::uint8_t*>(&in6addr_any), sizeof(in_addr)), port};
}

SocketAddress SocketAddress::any_ipv6(std::uint16_t port) noexcept {
  return {Bytes(reinterpret_cast<const std::uint8_t*>(&in6addr_any), sizeof(in6_addr)), port};
}

SocketAddress SocketAddress::from_sockaddr(const sockaddr* address) noexcept {
  if (address->sa_family == AF_INET6) {
    sockaddr_in6 v6;
    std::memcpy(&v6, address, sizeof(v6));
    const Bytes ip(v6.sin6_addr.s6_addr, sizeof(in6_addr));
    const bool mapped = IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr);
    return {mapped ? ip.last(sizeof(in_addr)) : ip, ntohs(v6.sin6_port)};
  }
  sockaddr_in v4;
  std::memcpy(&v4, address, sizeof(v4));
  return {Bytes(reinterpret_cast<const std::uint8_t*>(&v4.sin_addr), sizeof(in_addr)), ntohs(v4.sin_port)};
}

Bytes SocketAddress::ip() const noexcept {
  if (is_ipv6()) return {v6_.sin6_addr.s6_addr, sizeof(in6_addr)};
  return {reinterpret_cast<const std::uint8_t*>(&v4_.sin_addr), sizeof(in_addr)};
}

std::uint16_t SocketAddress::port() const noexcept {
  // sin_port and sin6_port share their place (RFC 3493 section 3.3 keeps it so).
  return ntohs(v4_.sin_port);
}

bool SocketAddress::is_unspecified() const noexcept {
  return std::ranges::all_of(ip(), [](std::uint8_t byte) { return byte == 0; });
}

bool SocketAddress::is_unicast() const noexcept {
  if (is_unspecified()) return false;
  const Bytes bytes = ip();
  if (is_ipv6()) return bytes[0] != 0xff;
  return bytes[0] != 0 && bytes[0] < 224;  // multicast 224/4, reserved and broadcast 240/4
}

std::string SocketAddress::to_string() const {
  char text[INET6_ADDRSTRLEN] = {};
  inet_ntop(any_.sa_family, ip().data(), text, sizeof(text));
  const std::string port_text = ":" + std::to_string(port());
  return is_ipv6() ? "[" + std::string(text) + "]" + port_text : text + port_text;
}

bool operator==(const SocketAddress& a, const SocketAddress& b) noexcept {
  return a.is_ipv6() == b.is_ipv6() && a.port() == b.port() && std::ranges::equal(a.ip(), b.ip());
}

}  // namespace quicrx
