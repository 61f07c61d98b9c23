// SPDX-License-Identifier: MIT
#pragma once

#include <utility>
#include <vector>

#include "quicrx/result.h"

namespace quicrx {

/// The CPUs that the calling thread may run on, ascending: those of the process, before the thread is pinned.
Result<std::vector<unsigned>> allowed_cpus();

/// Keeps the calling thread, and the threads that it starts from now on, on one CPU.
Result<void> pin_this_thread(unsigned cpu);

/// The calling thread on one CPU for a while: it is back where it might run before when this dies, in the
/// same thread.
class CpuVisit {
 public:
  static Result<CpuVisit> begin(unsigned cpu);
  CpuVisit() = default;
  CpuVisit(CpuVisit&& other) noexcept : home_(std::exchange(other.home_, {})) {}
  CpuVisit& operator=(CpuVisit&&) = delete;
  ~CpuVisit();

 private:
  std::vector<unsigned> home_;
};

}  // namespace quicrx
