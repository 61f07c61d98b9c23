// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "telemetry/snapshot.h"

namespace quicrx {

/// For people. Counters that are zero are left out unless zero says something.
std::string format_text(const std::vector<InterfaceSnapshot>& interfaces);

/// For programs: one object; its names are a contract (docs/operations.md).
std::string format_json(const std::vector<InterfaceSnapshot>& interfaces);

}  // namespace quicrx
