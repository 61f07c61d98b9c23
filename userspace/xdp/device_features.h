// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>

#include "xdp/interface.h"

namespace quicrx {

/// What a driver says it can do with XDP (kernel: Documentation/netlink/specs/netdev.yaml).
struct DeviceFeatures {
  bool native_xdp = false;  ///< runs programs, and redirects from them
  bool zero_copy = false;   ///< said, not tried: a bind can still be refused
  bool multi_buffer = false;
  std::uint32_t zero_copy_segments = 1;  ///< buffers of one packet in zero-copy mode
  bool tells_metadata = false;           ///< Linux 6.7 and later do
  bool receive_timestamp = false;        ///< XDP metadata functions that the driver has
  bool receive_hash = false;
};

/// Asks the kernel. Nothing before Linux 6.3, which does not tell.
std::optional<DeviceFeatures> ask_device_features(const Interface& interface);

}  // namespace quicrx
