// SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <string_view>

#include "frame/counters.h"
#include "frame/slab_pool.h"
#include "quicrx/port.h"

namespace quicrx {

enum class PortCounter {
  received_datagrams,
  received_bytes,  ///< of UDP payload
  sent_datagrams,
  sent_bytes,
  drop_bad_frame,      ///< not the UDP datagram that the XDP program took it for, or a wrong descriptor
  drop_socket_full,    ///< lost by the kernel before we read its socket (SO_RXQ_OVFL)
  drop_bad_address,    ///< to a multicast or broadcast address, or from one
  drop_truncated,      ///< larger than a frame
  drop_send_failed,    ///< the kernel refused it for good
  no_transmit_frame,   ///< times a frame was asked for while all were out
  moved_frames,        ///< of another pool than AF_XDP can send from: copied
  gathered_datagrams,  ///< larger than a frame: put together by copy
  drop_not_gathered,  ///< larger than a frame, and a part was missing or no place to put it together was free
  hashed_datagrams,   ///< with the NIC's hash of their flow
  timestamped_datagrams,  ///< whose arrival is the NIC's timestamp
  bad_timestamps,         ///< of a clock other than the one sampled: not used
  gro_buffers,            ///< received by a socket with several datagrams in them
  gso_trains,             ///< several datagrams given to a socket as one message
  zero_copy_trains,       ///< of those, sent by io_uring without a copy, or tried to be
  wakeups,                ///< system calls made to have frames sent or received
  count_
};
inline constexpr std::string_view kPortCounterNames[] = {
    "received_datagrams", "received_bytes",    "sent_datagrams",        "sent_bytes",
    "drop_bad_frame",     "drop_socket_full",  "drop_bad_address",      "drop_truncated",
    "drop_send_failed",   "no_transmit_frame", "moved_frames",          "gathered_datagrams",
    "drop_not_gathered",  "hashed_datagrams",  "timestamped_datagrams", "bad_timestamps",
    "gro_buffers",        "gso_trains",        "zero_copy_trains",      "wakeups"};
static_assert(std::size(kPortCounterNames) == static_cast<std::size_t>(PortCounter::count_));

using PortCounters = Counters<PortCounter>;

/// For users of the library. `pools`: of the port.
PortStatistics statistics_of(const PortCounters& port, std::span<const PoolCounters* const> pools);

}  // namespace quicrx
