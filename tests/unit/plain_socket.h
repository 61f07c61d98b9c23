// SPDX-License-Identifier: MIT
/// The peer of a socket port: a UDP socket on loopback as simple as can be.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "frame/descriptor.h"
#include "quicrx/datagram.h"

namespace quicrx::test {

SocketAddress loopback(bool v6, std::uint16_t port);

class PlainSocket {
 public:
  struct Received {
    std::string payload;
    Ecn ecn = Ecn::not_ect;
    SocketAddress from;
  };

  /// On a port that nobody has.
  explicit PlainSocket(bool v6);

  [[nodiscard]] const SocketAddress& address() const { return address_; }

  /// With `segment`: as datagrams of so many bytes.
  void send(const SocketAddress& to, const std::string& payload, Ecn ecn = Ecn::not_ect,
            std::uint16_t segment = 0);
  /// The next datagram; nothing when none has come for so long.
  std::optional<Received> receive(std::chrono::milliseconds wait = std::chrono::milliseconds(1000));

 private:
  Descriptor descriptor_;
  SocketAddress address_;
};

}  // namespace quicrx::test
