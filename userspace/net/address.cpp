// SPDX-License-Identifier: MIT
#include "quicrx/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstring>

namespace quicrx {

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

bool SocketAddress::is_unspecified() const noexcept {
  return std::ranges::all_of(ip(), [](std::uint8_t byte) { return byte == 0; });
}

std::string SocketAddress::to_string() const {
  char text[INET6_ADDRSTRLEN] = {};
  inet_ntop(any_.sa_family, ip().data(), text, sizeof(text));
  const std::string port_text = ":" + std::to_string(port());
  return is_ipv6() ? "[" + std::string(text) + "]" + port_text : text + port_text;
}

}  // namespace quicrx
