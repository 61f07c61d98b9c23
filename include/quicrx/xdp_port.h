// SPDX-License-Identifier: MIT
/// A port over an AF_XDP socket. Needs root.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "quicrx/export.h"
#include "quicrx/port.h"
#include "quicrx/result.h"

namespace quicrx {

struct XdpPortOptions {
  std::string interface;
  std::uint32_t queue = 0;     ///< the receive queue; a NIC spreads flows over all that it has
  std::uint16_t udp_port = 0;  ///< that is steered to the socket; one that the kernel has nothing on
  /// Steer every datagram to the port. Otherwise what cannot be QUIC is dropped in the XDP program (and
  /// counted: `quicrx stats`).
  bool any_payload = false;
  std::optional<std::uint32_t>
      frames{};  ///< of the UMEM, half for receive; nothing: enough for the NIC's rings
  /// Tells the port's pools from those of every other port of the process; below kMostPorts.
  std::uint16_t number = 0;
};

/// Loads the XDP program unless `quicrx load` has, and steers the queue's datagrams to the port for as long
/// as it lives; then they go to the kernel again. Sockets
/// reserve the UDP port meanwhile; what XDP passes to the kernel (fragments, other queues' datagrams) is
/// lost. Zero copy where the driver has it. Other XDP programs on the interface stay. Refuses a queue that
/// another process serves.
///
/// Received frames lie in the UMEM; whoever keeps them keeps them from the NIC, so keep fewer than half.
[[nodiscard]] QUICRX_API Result<std::unique_ptr<PollablePort>> open_xdp_port(const XdpPortOptions& options);

}  // namespace quicrx
