// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "quicrx/result.h"

namespace quicrx {

/// A network interface of this network namespace, as it was when asked.
struct Interface {
  std::string name;
  unsigned index = 0;
  std::array<std::uint8_t, 6> mac{};
  std::uint64_t namespace_id = 0;  ///< inode of the network namespace: names repeat across namespaces
  std::string driver;
  unsigned mtu = 0;
  unsigned receive_queues = 1;       ///< active ones
  unsigned transmit_queues = 1;      ///< active ones
  unsigned possible_queues = 1;      ///< the most that the device could have active
  unsigned receive_ring_frames = 0;  ///< of the NIC, a queue; 0 when the driver does not say
};

Result<Interface> find_interface(std::string_view name);

/// Every interface name of this network namespace.
std::vector<std::string> interface_names();

}  // namespace quicrx
