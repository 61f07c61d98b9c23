// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

#include "port/port_counters.h"
#include "quicrx/port.h"

namespace quicrx {

/// A pool that received datagrams lie in.
struct ReceivePool {
  FramePool* pool = nullptr;
  std::uint32_t frames = 0;  ///< how many datagrams of it may be out at least
};

/// What PortGroup is made of.
class LeafPort : public PollablePort {
 public:
  [[nodiscard]] virtual std::vector<ReceivePool> receive_pools() = 0;
  [[nodiscard]] virtual const PortCounters& counters() const = 0;
  [[nodiscard]] PortStatistics statistics() const override { return statistics_of(counters(), {}); }
};

/// One that reads a NIC's queue, whose driver can be polled.
class QueuePort : public LeafPort {
 public:
  [[nodiscard]] virtual bool zero_copy() const = 0;
  /// For how long to poll the driver before sleeping.
  [[nodiscard]] virtual std::chrono::microseconds busy_poll() const = 0;
  /// Lets the driver work on the queue for a moment (busy polling); true when something has arrived.
  virtual bool poll_driver() = 0;
};

}  // namespace quicrx
