// SPDX-License-Identifier: MIT
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cstddef>
#include <cstdint>

#include "quicrx/bytes.h"
#include "quicrx/datagram.h"

namespace quicrx {

/// What the control messages say of what was received (cmsg(3)).
struct MessageDetails {
  Bytes local_ip;  ///< where it lies in the control messages; empty when not told
  Ecn ecn = Ecn::not_ect;
  std::uint32_t interface = 0;      ///< index; for IPv6
  std::uint32_t lost_in_all = 0;    ///< by this socket's buffer, since it was opened (SO_RXQ_OVFL)
  std::uint32_t segment_bytes = 0;  ///< of each of several datagrams (UDP_GRO); 0 when there is one
};

MessageDetails read_details(msghdr& header);

/// Room for control messages: received are local address, ECN, datagrams lost, and segment size; sent as many
/// without those lost.
struct ControlRoom {
  static constexpr std::size_t kBytes = CMSG_SPACE(sizeof(in6_pktinfo)) + 3 * CMSG_SPACE(sizeof(int));

  alignas(cmsghdr) std::array<char, kBytes> bytes{};
};

/// Says source address and ECN of what is to be sent.
void write_details(msghdr& header, ControlRoom& room, const Path& path, Ecn ecn);

/// Has the kernel cut the message into datagrams of this size (UDP_SEGMENT). Behind write_details().
void write_segment_size(msghdr& header, std::uint16_t bytes);
/// Makes the message one datagram again.
void remove_segment_size(msghdr& header);

}  // namespace quicrx
