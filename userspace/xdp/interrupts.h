// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "xdp/net_sysfs.h"

namespace quicrx {

/// An interrupt, as /proc/interrupts shows it.
struct Interrupt {
  unsigned number = 0;
  std::string name;  ///< of its handler, such as "eth0-TxRx-0"; empty when the kernel does not tell
  std::string cpus;  ///< that it goes to, such as "2" or "0-3"; empty when the kernel does not tell

  [[nodiscard]] std::optional<unsigned> first_cpu() const;

  friend bool operator==(const Interrupt&, const Interrupt&) = default;
};

/// Those of an interface's device, ascending. None for virtual devices, and for those whose interrupts are
/// not message signalled.
std::vector<Interrupt> interrupts_of(const NetSysfs& sysfs, const std::string& interface);

}  // namespace quicrx
