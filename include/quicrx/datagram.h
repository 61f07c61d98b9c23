// SPDX-License-Identifier: MIT
/// What a port delivers: a UDP payload in a frame, and where it came from.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>

#include "quicrx/address.h"
#include "quicrx/frame.h"

namespace quicrx {

using Clock = std::chrono::steady_clock;
using Timestamp = Clock::time_point;

/// The ECN field of the IP header (RFC 3168 section 5).
enum class Ecn : std::uint8_t { not_ect = 0, ect1 = 1, ect0 = 2, ce = 3 };

using MacAddress = std::array<std::uint8_t, 6>;

/// A VLAN tag as it stood in the frame, fields in host byte order.
struct VlanTag {
  std::uint16_t protocol = 0;  ///< 0x8100 (802.1Q) or 0x88a8 (802.1ad)
  std::uint16_t control = 0;   ///< priority, DEI and VLAN ID

  friend bool operator==(const VlanTag&, const VlanTag&) = default;
};

/// The way back on the link: what the peer's last frame on this path said.
struct LinkPath {
  MacAddress local{};
  MacAddress remote{};
  std::array<VlanTag, 2> vlans{};  ///< outermost first
  std::uint8_t vlan_count = 0;
  std::uint32_t interface =
      0;  ///< index; for sockets and link-local addresses, which mean nothing without it

  friend bool operator==(const LinkPath&, const LinkPath&) = default;
};

/// Which of a worker's ports a datagram came by, and by which its answers go.
enum class PortId : std::uint8_t { af_xdp = 0, socket4 = 1, socket6 = 2 };

/// A network path: RFC 9000 section 9 means the two addresses; link and port are ours.
struct Path {
  SocketAddress local;
  SocketAddress remote;
  LinkPath link;
  PortId port = PortId::af_xdp;
};

/// One UDP datagram, in the frame it came in. Dropping it gives the frame back.
struct Datagram {
  Frame frame;  ///< its payload() is the UDP payload
  Path path;
  Ecn ecn = Ecn::not_ect;
  Timestamp arrival;  ///< the NIC's timestamp where there is one; else when its batch was read from the ring
  std::uint32_t flow_hash = 0;  ///< the NIC's RSS hash of its flow; 0 when not told
};

}  // namespace quicrx
