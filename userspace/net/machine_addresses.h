// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "quicrx/address.h"

namespace quicrx {

/// An address of this network namespace.
struct MachineAddress {
  SocketAddress address;  ///< port 0
  std::string interface;
  bool loopback = false;
};

/// All that the machine has now; nothing where the kernel does not tell.
std::optional<std::vector<MachineAddress>> machine_addresses();

}  // namespace quicrx
