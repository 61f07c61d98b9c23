// SPDX-License-Identifier: MIT
#include "engine/pin_thread.h"

#include <sched.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>

namespace quicrx {
namespace {

/// A set of CPUs of any size: cpu_set_t ends at 1,024.
using CpuSet = std::vector<cpu_set_t>;

constexpr std::size_t size_of(const CpuSet& set) {
  return set.size() * sizeof(cpu_set_t);
}

bool allow(const std::vector<unsigned>& cpus) {
  CpuSet set(*std::ranges::max_element(cpus) / CPU_SETSIZE + 1);
  for (const unsigned cpu : cpus) CPU_SET_S(cpu, size_of(set), set.data());
  return sched_setaffinity(0, size_of(set), set.data()) == 0;
}

}  // namespace

Result<std::vector<unsigned>> allowed_cpus() {
  CpuSet set(1);
  // The kernel refuses a set that is smaller than its own.
  while (sched_getaffinity(0, size_of(set), set.data()) != 0) {
    if (errno != EINVAL || set.size() > 1024)
      return fail(ErrorKind::failure,
                  std::string("cannot ask which CPUs this process may run on: ") + std::strerror(errno));
    set.resize(2 * set.size());
  }
  std::vector<unsigned> cpus;
  for (unsigned cpu = 0; cpu < set.size() * CPU_SETSIZE; ++cpu)
    if (CPU_ISSET_S(cpu, size_of(set), set.data())) cpus.push_back(cpu);
  return cpus;
}

Result<void> pin_this_thread(unsigned cpu) {
  if (allow({cpu})) return {};
  return fail(errno == EPERM ? ErrorKind::permission : ErrorKind::failure,
              "cannot keep a thread on CPU " + std::to_string(cpu) + ": " + std::strerror(errno) +
                  "; 'taskset -cp $$' shows which CPUs there are for it");
}

Result<CpuVisit> CpuVisit::begin(unsigned cpu) {
  auto home = allowed_cpus();
  if (!home) return tl::unexpected(home.error());
  if (auto pinned = pin_this_thread(cpu); !pinned) return tl::unexpected(pinned.error());
  CpuVisit visit;
  visit.home_ = std::move(*home);
  return visit;
}

CpuVisit::~CpuVisit() {
  if (!home_.empty()) (void)allow(home_);
}

}  // namespace quicrx
