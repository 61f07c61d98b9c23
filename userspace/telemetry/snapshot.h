// SPDX-License-Identifier: MIT
#pragma once

#include <linux/if_xdp.h>

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "net/port_ranges.h"
#include "quicrx/frame_pool.h"
#include "quicrx/result.h"
#include "telemetry/record.h"
#include "xdp/steer_maps.h"
#include "xdp/steering.h"

namespace quicrx {

/// Entries on a ring now.
struct RingLevels {
  std::uint32_t fill = 0, completion = 0, receive = 0, transmit = 0;
};

/// What the kernel says of an AF_XDP socket, taken through a copy of the poller's descriptor (pidfd_getfd):
/// the poller need not answer.
struct SocketFacts {
  xdp_statistics statistics{};
  std::optional<RingLevels> levels;  ///< none before Linux 6.4, which maps a bound socket's rings only once
};

/// One queue's poller, living or killed.
struct QueueSnapshot {
  bool alive = false;
  std::shared_ptr<const RecordHeader> header;  ///< in the poller's own record: it goes on counting
  std::array<FrameCounts, kPools> frames{};
  std::optional<SocketFacts> socket;  ///< none when the poller is gone, or may not be looked at
};

/// An interface's part of the statistics, or that of a server by sockets alone: then the interface is no more
/// than its name.
struct InterfaceSnapshot {
  Interface interface;
  std::optional<Attachment> attachment;
  SteerCounters counters{};
  std::vector<PortRange> ports;
  bool pass_invalid = false;
  bool any_address = false;
  bool multi_buffer = false;
  bool receive_metadata = false;
  std::vector<QueueSnapshot> queues;
};

/// Looks at an interface. Not an error when nothing of ours is there.
Result<InterfaceSnapshot> take_snapshot(const Interface& interface);

/// Looks at a server by sockets, which takes no privilege. The error says that there is none.
Result<InterfaceSnapshot> take_socket_snapshot(const PollerName& name);

/// Whether there is anything of ours to show.
bool is_in_use(const InterfaceSnapshot& snapshot);

}  // namespace quicrx
