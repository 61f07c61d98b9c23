// SPDX-License-Identifier: MIT
#pragma once

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

}  // namespace quicrx
