// SPDX-License-Identifier: MIT
/// An IP address with a UDP port, in the form that the socket API and ngtcp2 take.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <cstring>
#include <string>

#include "quicrx/bytes.h"
#include "quicrx/export.h"

namespace quicrx {

/// IPv4 or IPv6 address and UDP port. A plain value of 28 bytes; compares by address and port.
class QUICRX_API SocketAddress {
 public:
  /// 0.0.0.0:0
  SocketAddress() noexcept : v6_{} { any_.sa_family = AF_INET; }
  /// `ip` has 4 or 16 bytes in network order; `port` is in host byte order.
  SocketAddress(Bytes ip, std::uint16_t port) noexcept : v6_{} {
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
  /// 0.0.0.0 and [::]: to listen on every address of the family.
  static SocketAddress any_ipv4(std::uint16_t port) noexcept;
  static SocketAddress any_ipv6(std::uint16_t port) noexcept;
  /// An IPv4-mapped IPv6 address becomes the IPv4 address.
  static SocketAddress from_sockaddr(const sockaddr* address) noexcept;

  [[nodiscard]] bool is_ipv6() const noexcept { return any_.sa_family == AF_INET6; }
  [[nodiscard]] Bytes ip() const noexcept {
    if (is_ipv6()) return {v6_.sin6_addr.s6_addr, sizeof(in6_addr)};
    return {reinterpret_cast<const std::uint8_t*>(&v4_.sin_addr), sizeof(in_addr)};
  }
  /// In host byte order.
  [[nodiscard]] std::uint16_t port() const noexcept {
    // sin_port and sin6_port share their place (RFC 3493 section 3.3 keeps it so).
    return ntohs(v4_.sin_port);
  }
  /// 0.0.0.0 or [::]
  [[nodiscard]] bool is_unspecified() const noexcept;
  /// Neither unspecified, multicast nor limited broadcast: something an answer can come from.
  [[nodiscard]] bool is_unicast() const noexcept {
    const std::uint8_t first = ip()[0];
    if (is_ipv6()) return first != 0xff && !is_unspecified();
    return first != 0 && first < 224;  // this network 0/8, multicast 224/4, reserved and broadcast 240/4
  }

  [[nodiscard]] const sockaddr* get() const noexcept { return &any_; }
  [[nodiscard]] socklen_t size() const noexcept { return is_ipv6() ? sizeof(v6_) : sizeof(v4_); }

  /// "192.0.2.1:443", "[2001:db8::1]:443"
  [[nodiscard]] std::string to_string() const;

  /// Whether `address` has these bytes, as a copy of what get() gives has them. (One that came from elsewhere
  /// may be the same address in other bytes: that is for from_sockaddr().)
  [[nodiscard]] bool is_copied_to(const sockaddr* address) const noexcept {
    return is_ipv6() ? std::memcmp(address, &v6_, sizeof(v6_)) == 0
                     : std::memcmp(address, &v4_, sizeof(v4_)) == 0;
  }

  friend bool operator==(const SocketAddress& a, const SocketAddress& b) noexcept {
    return std::memcmp(&a.v6_, &b.v6_, sizeof(a.v6_)) == 0;  // what an address has not is zero
  }

 private:
  union {
    sockaddr any_;
    sockaddr_in v4_;
    sockaddr_in6 v6_;
  };
};

}  // namespace quicrx
