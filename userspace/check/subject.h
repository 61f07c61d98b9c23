// SPDX-License-Identifier: MIT
#pragma once

#include <optional>

#include "check/finding.h"
#include "xdp/device_features.h"
#include "xdp/interface.h"
#include "xdp/net_sysfs.h"

namespace quicrx {

/// What is being checked. Each function looks at one side of it, changes nothing, and adds what it found.
struct Subject {
  Interface interface;
  std::optional<DeviceFeatures> features;
  NetSysfs sysfs;
};

/// Kernel, privileges, JIT compiler, bpffs, memory.
void check_system(const Subject& subject, Findings& findings);

/// What the driver has of XDP, and what is attached.
void check_driver(const Subject& subject, Findings& findings);

/// Queues, rings, the spread of flows over queues, interrupts.
void check_queues(const Subject& subject, Findings& findings);

/// Link, MTU, offloads.
void check_link(const Subject& subject, Findings& findings);

/// Binds a socket with zero copy to each queue for a moment. Queues that a poller or another socket has are
/// left alone; the traffic of a queue that is tried may stop for a moment.
void try_zero_copy(const Subject& subject, Findings& findings);

}  // namespace quicrx
