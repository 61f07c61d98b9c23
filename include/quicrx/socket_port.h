// SPDX-License-Identifier: MIT
/// Ports over a kernel UDP socket, which need no privilege.
#pragma once

#include <cstdint>
#include <memory>

#include "quicrx/address.h"
#include "quicrx/export.h"
#include "quicrx/port.h"
#include "quicrx/result.h"

namespace quicrx {

struct SocketPortOptions {
  /// An address of this machine, or SocketAddress::any_ipv4() or any_ipv6(); one address family a port. A
  /// UDP port is needed, and refused (ErrorKind::busy) where any other socket has it.
  SocketAddress listen{};
  /// Tells the port's pools from those of every other port of the process; below kMostPorts.
  std::uint16_t number = 0;
  /// The largest IP packet that is sent, from 1280 to 65,535: what the interfaces hold, in bytes. Frames to
  /// send are made for it. What is received may be larger.
  unsigned mtu = 1500;
};

/// By recvmmsg and sendmmsg, with the kernel's segmentation both ways where it has it (UDP_GRO, UDP_SEGMENT:
/// udp(7)). What a peer sends in one go comes as slices of one buffer, which is free when the last slice is.
[[nodiscard]] QUICRX_API Result<std::unique_ptr<PollablePort>> open_socket_port(
    const SocketPortOptions& options);

/// By io_uring (Linux 6.1): multishot receive into a provided-buffer ring, whose buffer IDs are the frames'
/// indices, and sends whose frames come back with their completion. ErrorKind::unsupported or permission
/// where the kernel lacks or forbids it (sysctl kernel.io_uring_disabled). To be used by the thread that
/// opens it, or the one that calls adopt() first.
[[nodiscard]] QUICRX_API Result<std::unique_ptr<PollablePort>> open_uring_port(
    const SocketPortOptions& options);

}  // namespace quicrx
