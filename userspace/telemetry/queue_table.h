// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "telemetry/snapshot.h"
#include "telemetry/table.h"

namespace quicrx {

/// All that is counted of an interface's queues, a column a queue, and their sum where they are several.
Table queue_table(const std::vector<QueueSnapshot>& queues);

}  // namespace quicrx
