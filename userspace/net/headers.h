// SPDX-License-Identifier: MIT
/// From a frame to a UDP payload and back: Ethernet, VLAN tags, IPv4, IPv6, UDP.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "quicrx/bytes.h"
#include "quicrx/datagram.h"

namespace quicrx {

/// The most that a HeaderTemplate puts before a payload: Ethernet 14, two VLAN tags 8, IPv6 40, UDP 8.
inline constexpr std::size_t kMaxHeaderBytes = 70;

/// IP and UDP headers as we write them.
inline constexpr std::size_t kIpv4UdpBytes = 28;
inline constexpr std::size_t kIpv6UdpBytes = 48;
inline std::size_t ip_udp_bytes(const SocketAddress& address) noexcept {
  return address.is_ipv6() ? kIpv6UdpBytes : kIpv4UdpBytes;
}

/// A received frame, read.
struct ParsedDatagram {
  SocketAddress local;   ///< destination of the frame
  SocketAddress remote;  ///< source of the frame
  LinkPath link;         ///< the way back
  Ecn ecn = Ecn::not_ect;
  std::size_t payload_offset = 0;  ///< in the frame
  std::size_t payload_bytes = 0;
};

/// Reads a whole Ethernet frame. Nothing unless it is an unfragmented UDP datagram whose lengths fit each
/// other. Knows what the XDP program knows (bpf/parse.bpf.h) and believes nothing because that program let it
/// by. Checksums are not looked at: a frame may come with one half done, and QUIC authenticates what it
/// carries.
std::optional<ParsedDatagram> parse_frame(Bytes frame) noexcept;

}  // namespace quicrx
