// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "xdp/interface.h"
#include "xdp/interrupts.h"

namespace quicrx {

/// By active receive queue: the interrupt that says that packets have come. Drivers tell by the names of
/// their handlers only, each in its own way; queues of which nothing is known are left out.
std::map<std::uint32_t, Interrupt> interrupts_of_queues(const Interface& interface,
                                                        const std::vector<Interrupt>& interrupts);

}  // namespace quicrx
