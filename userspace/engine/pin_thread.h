// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "quicrx/result.h"

namespace quicrx {

/// The CPUs that the calling thread may run on, ascending: those of the process, before the thread is pinned.
Result<std::vector<unsigned>> allowed_cpus();

/// Keeps the calling thread, and the threads that it starts from now on, on one CPU.
Result<void> pin_this_thread(unsigned cpu);

}  // namespace quicrx
