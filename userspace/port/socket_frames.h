// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <vector>

#include "frame/mapping.h"
#include "frame/slice_pool.h"
#include "port/socket_port.h"
#include "quicrx/result.h"

namespace quicrx {

/// The frames of a socket port. One that receives has room for what UDP_GRO makes of many datagrams.
class SocketFrames {
 public:
  /// The largest UDP payload, and a page for what io_uring puts before it.
  static constexpr std::size_t kReceiveBytes = (64 << 10) + 4096;

  static Result<Mapping> map(const SocketPort::Config& config);

  /// `memory` is from map().
  SocketFrames(const SocketPort::Config& config, const SocketPort::Storage& storage, Mapping memory);

  void adopt() noexcept {
    receive.adopt();
    transmit.adopt();
  }
  [[nodiscard]] std::vector<ReceivePool> receive_pools();

 private:
  Mapping memory_;

 public:
  SlabPool receive;
  SlicePool slices;
  SlabPool transmit;
};

/// The most bytes of UDP payload that a datagram to `remote` can have.
std::size_t max_socket_payload(unsigned mtu, const SocketAddress& remote);

}  // namespace quicrx
