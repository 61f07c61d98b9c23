// SPDX-License-Identifier: MIT
/// An IP address with a UDP port, in the form that the socket API and ngtcp2 take.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <string>

#include "quicrx/bytes.h"
#include "quicrx/export.h"

namespace quicrx {

/// IPv4 or IPv6 address and UDP port. A plain value of 28 bytes; compares by address and port.
class QUICRX_API SocketAddress {
 public:
  /// 0.0.0.0:0
  SocketAddress() noexcept;
  /// `ip` has 4 or 16 bytes in network order; `port` is in host byte order.
  SocketAddress(Bytes ip, std::uint16_t port) noexcept;
  /// 0.0.0.0 and [::]: to listen on every address of the family.
  static SocketAddress any_ipv4(std::uint16_t port) noexcept;
  static SocketAddress any_ipv6(std::uint16_t port) noexcept;
  /// An IPv4-mapped IPv6 address becomes the IPv4 address.
  static SocketAddress from_sockaddr(const sockaddr* address) noexcept;

  [[nodiscard]] bool is_ipv6() const noexcept { return any_.sa_family == AF_INET6; }
  [[nodiscard]] Bytes ip() const noexcept;
  [[nodiscard]] std::uint16_t port() const noexcept;
  /// 0.0.0.0 or [::]
  [[nodiscard]] bool is_unspecified() const noexcept;
  /// Neither unspecified, multicast nor limited broadcast: something an answer can come from.
  [[nodiscard]] bool is_unicast() const noexcept;

  [[nodiscard]] const sockaddr* get() const noexcept { return &any_; }
  [[nodiscard]] socklen_t size() const noexcept { return is_ipv6() ? sizeof(v6_) : sizeof(v4_); }

  /// "192.0.2.1:443", "[2001:db8::1]:443"
  [[nodiscard]] std::string to_string() const;

  friend QUICRX_API bool operator==(const SocketAddress& a, const SocketAddress& b) noexcept;

 private:
  union {
    sockaddr any_;
    sockaddr_in v4_;
    sockaddr_in6 v6_;
  };
};

}  // namespace quicrx
