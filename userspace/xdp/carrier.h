// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>

#include "xdp/interface.h"

namespace quicrx {

bool has_carrier(const Interface& interface);

/// Some drivers reset the link when an XDP program is attached or taken off, or a socket bound (igb, ixgbe,
/// i40e, ice, mlx5: a second or more). Made before such a step, this waits behind it for the carrier that was
/// there.
class CarrierWatch {
 public:
  static constexpr std::chrono::seconds kLongest{10};

  explicit CarrierWatch(const Interface& interface) : interface_(interface), had_(has_carrier(interface)) {}

  /// False when there was a carrier, and after so long there is none.
  [[nodiscard]] bool wait() const;

 private:
  const Interface& interface_;
  bool had_;
};

}  // namespace quicrx
