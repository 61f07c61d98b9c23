// SPDX-License-Identifier: MIT
#include "engine/worker_cpus.h"

#include <algorithm>
#include <map>
#include <string>

#include "engine/pin_thread.h"
#include "net/number_list.h"
#include "xdp/net_sysfs.h"
#include "xdp/queue_interrupts.h"

namespace quicrx {
namespace {

InterruptCpus interrupt_cpus(const std::vector<ServedQueues>& served) {
  const NetSysfs sysfs;
  InterruptCpus cpus;
  for (const auto& [interface, queues] : served) {
    const auto interrupts = interrupts_of_queues(interface, interrupts_of(sysfs, interface.name));
    for (const std::uint32_t queue : queues) {
      const auto found = interrupts.find(queue);
      cpus.push_back(found == interrupts.end() ? std::nullopt : found->second.first_cpu());
    }
  }
  return cpus;
}

}  // namespace

Result<std::vector<unsigned>> choose_cpus(const InterruptCpus& interrupts,
                                          const std::vector<unsigned>& allowed) {
  if (allowed.empty()) return fail(ErrorKind::failure, "this process may run on no CPU");
  std::map<unsigned, unsigned> workers;  // by CPU that may be used
  for (const unsigned cpu : allowed) workers[cpu] = 0;

  InterruptCpus chosen;
  for (const auto& cpu : interrupts) {
    const auto found = cpu ? workers.find(*cpu) : workers.end();
    const bool is_free = found != workers.end() && found->second == 0;
    if (is_free) ++found->second;
    chosen.push_back(is_free ? cpu : std::nullopt);
  }
  std::vector<unsigned> cpus;
  for (const auto& cpu : chosen) {
    const auto idlest =
        std::ranges::min_element(workers, {}, [](const auto& of_cpu) { return of_cpu.second; });
    if (!cpu) ++idlest->second;
    cpus.push_back(cpu.value_or(idlest->first));
  }
  return cpus;
}

Result<std::vector<unsigned>> take_named_cpus(const std::vector<unsigned>& named, std::size_t workers,
                                              const std::vector<unsigned>& allowed) {
  for (const unsigned cpu : named)
    if (std::ranges::find(allowed, cpu) == allowed.end())
      return fail(ErrorKind::usage, "CPU " + std::to_string(cpu) +
                                        " is not one that this process may run on; " +
                                        number_list_text(allowed) + " are");
  if (named.size() < workers)
    return fail(ErrorKind::usage,
                "'" + number_list_text(named) + "' names " + std::to_string(named.size()) + " CPU(s) for " +
                    std::to_string(workers) +
                    " workers; name one for each, the same more than once where they share it");
  return std::vector<unsigned>(named.begin(), named.begin() + static_cast<std::ptrdiff_t>(workers));
}

Result<std::vector<unsigned>> worker_cpus(const std::vector<ServedQueues>& served,
                                          const std::optional<std::vector<unsigned>>& named) {
  const auto allowed = allowed_cpus();
  if (!allowed) return tl::unexpected(allowed.error());
  if (!named) return choose_cpus(interrupt_cpus(served), *allowed);
  std::size_t workers = 0;
  for (const auto& [interface, queues] : served) workers += queues.size();
  return take_named_cpus(*named, workers, *allowed);
}

}  // namespace quicrx
