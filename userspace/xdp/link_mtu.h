// SPDX-License-Identifier: MIT
#pragma once

#include "quicrx/address.h"

namespace quicrx {

/// What is taken where the machine does not tell, and at least.
constexpr unsigned kStandardMtu = 1500;
/// More than this no wire has; loopback says 65,536.
constexpr unsigned kLargestMtu = 9216;

/// The largest MTU of the interfaces that have the address; for an unspecified one of all that have any of
/// its family. Loopback counts there only when it is alone: on every machine it would stand for what no wire
/// holds.
unsigned link_mtu(const SocketAddress& listen);

}  // namespace quicrx
