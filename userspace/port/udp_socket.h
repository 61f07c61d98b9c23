// SPDX-License-Identifier: MIT
#pragma once

#include <utility>

#include "frame/descriptor.h"
#include "port/socket_port.h"
#include "quicrx/result.h"

namespace quicrx {

/// A bound UDP socket that tells of each datagram what the ports need to know, receives several at once
/// (UDP_GRO) and sends no fragments.
class UdpSocket {
 public:
  /// Refuses a port that any other socket has, but for `shares`.
  static Result<UdpSocket> open(const SocketPort::Config& config);

  /// See SocketPort::share().
  Result<void> share();

  [[nodiscard]] int descriptor() const { return descriptor_.get(); }
  [[nodiscard]] std::uint16_t port() const { return port_; }

 private:
  UdpSocket(Descriptor descriptor, std::uint16_t port) : descriptor_(std::move(descriptor)), port_(port) {}

  Descriptor descriptor_;
  std::uint16_t port_;
};

}  // namespace quicrx
