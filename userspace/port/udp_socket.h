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
  /// Where it is bound, as Config::listen said.
  [[nodiscard]] const SocketAddress& bound() const { return bound_; }

 private:
  UdpSocket(Descriptor descriptor, const SocketAddress& bound)
      : descriptor_(std::move(descriptor)), bound_(bound) {}

  Descriptor descriptor_;
  SocketAddress bound_;
};

}  // namespace quicrx
