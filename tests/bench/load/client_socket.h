// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "frame/descriptor.h"
#include "quicrx/address.h"

namespace quicrx::load {

/// A UDP socket that is connected to the server, and shared by many QUIC connections.
class ClientSocket {
 public:
  explicit ClientSocket(const SocketAddress& server);

  /// Datagrams of `each` bytes that lie behind one another; the last may be shorter. What the kernel has no
  /// room for is lost, as on any network.
  void send(Bytes datagrams, std::size_t each);
  /// All that has come, one after the other.
  void receive(const std::function<void(Bytes)>& take);

  [[nodiscard]] const SocketAddress& local() const { return local_; }
  [[nodiscard]] int descriptor() const { return descriptor_.get(); }

 private:
  Descriptor descriptor_;
  SocketAddress local_;
  std::vector<std::uint8_t> room_;
};

}  // namespace quicrx::load
