// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <string>

#include "xdp/interface.h"
#include "xdp/net_sysfs.h"

namespace quicrx {

/// Some drivers reset the link when an XDP program is attached or taken off, or a socket bound (igb, ixgbe,
/// i40e, ice, mlx5: a second or more). Made before such a step, this waits behind it for the carrier that was
/// there.
class CarrierWatch {
 public:
  static constexpr std::chrono::seconds kLongest{10};

  explicit CarrierWatch(const Interface& interface)
      : file_("class/net/" + interface.name + "/carrier"), had_(has_carrier()) {}

  [[nodiscard]] bool has_carrier() const { return sysfs_.number(file_) == 1; }

  /// False when there was a carrier, and after so long there is none, or `stop` (a descriptor) became
  /// readable.
  [[nodiscard]] bool wait(std::chrono::milliseconds longest = kLongest, int stop = -1) const;

 private:
  // Not IFF_RUNNING, which follows the carrier up to a second late.
  NetSysfs sysfs_;
  std::string file_;
  bool had_;
};

}  // namespace quicrx
