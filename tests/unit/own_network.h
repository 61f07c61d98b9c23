// SPDX-License-Identifier: MIT
/// A network of a test's own, with loopback and a link whose far end the test plays.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "frame/descriptor.h"
#include "quicrx/address.h"

namespace quicrx::test {

/// Runs `test` in a thread of its own, in a network of its own with loopback. False, and nothing done, when
/// that takes CAP_SYS_ADMIN, which this user lacks.
[[nodiscard]] bool in_own_network(unsigned loopback_mtu, const std::function<void()>& test);

/// A neighbour on a link, which does not say where it is: what is sent to it waits in the kernel, in the
/// sender's socket buffer, until it appears. In a network of the test's own.
class SilentNeighbour {
 public:
  SilentNeighbour();

  /// This machine's address on the link.
  [[nodiscard]] static SocketAddress machine();
  [[nodiscard]] static SocketAddress address();

  /// Now it says where it is, and is sent what waited.
  void appear();
  /// The payload of each datagram that has come to it, in order.
  [[nodiscard]] std::vector<std::string> received();

 private:
  Descriptor link_;
};

/// The socket that has this address; -1 when there is none.
[[nodiscard]] int socket_at(const SocketAddress& address);
/// Has room for a few datagrams.
void make_send_buffer_small(int socket);

}  // namespace quicrx::test
