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
  std::string bus;  ///< where the device is, as ethtool -i says; empty for a virtual one
  unsigned mtu = 0;
  unsigned receive_queues = 1;       ///< active ones
  unsigned possible_queues = 1;      ///< the most that the device could have active
  bool combined_channels = false;    ///< a queue receives and sends; otherwise they are counted apart
  unsigned receive_ring_frames = 0;  ///< of the NIC, a queue; 0 when the driver does not say
  unsigned possible_ring_frames = 0;

  /// The command that sets the number of active queues.
  [[nodiscard]] std::string queues_command(unsigned queues) const {
    const std::string count = std::to_string(queues);
    return "ethtool -L " + name +
           (combined_channels ? " combined " + count : " rx " + count + " tx " + count);
  }
  /// For messages.
  [[nodiscard]] std::string driver_text() const { return driver.empty() ? "its driver" : "driver " + driver; }
};

Result<Interface> find_interface(std::string_view name);

/// Every interface name of this network namespace.
std::vector<std::string> interface_names();

}  // namespace quicrx
