// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "frame/slab_pool.h"
#include "port/leaf_port.h"
#include "port/port_counters.h"

namespace quicrx {

/// How a socket's datagrams come and go: by system calls (recvmmsg, sendmmsg) or by io_uring.
enum class SocketIo : std::uint8_t { calls, io_uring };

/// Datagrams from and to a kernel UDP socket of one address family, by system calls or by io_uring.
///
/// Beside an AF_XDP port it reserves the UDP port, and serves what the XDP program passed to the kernel.
class SocketPort : public LeafPort {
 public:
  static constexpr std::size_t kReceiveFrames = 4 * kBatch;
  static constexpr std::size_t kTransmitFrames = 4 * kBatch;

  struct Config {
    PortId id;             ///< which port of the worker it is
    SocketAddress listen;  ///< an address of the machine, or the unspecified one for all of the family
    unsigned mtu = 1500;   ///< of the links: what is sent is no larger
    std::uint16_t worker = 0;
    /// Another worker's socket has the port already, and shares it (share()).
    bool shares = false;
  };
  struct Storage {
    std::span<FrameWord> receive_words;   ///< kReceiveFrames
    std::span<FrameWord> transmit_words;  ///< kTransmitFrames
    PoolCounters* receive_counters = nullptr;
    PoolCounters* transmit_counters = nullptr;
    PortCounters* counters = nullptr;
  };

  /// From now on sockets of other workers may bind to the port: the kernel shares flows out among them
  /// (SO_REUSEPORT, socket(7)).
  virtual Result<void> share() = 0;
  /// The address and UDP port that the socket has.
  [[nodiscard]] virtual const SocketAddress& bound() const = 0;
};

}  // namespace quicrx
