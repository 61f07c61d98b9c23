// SPDX-License-Identifier: MIT
#include "cli/serving_plan.h"

#include <algorithm>

#include "cli/commands.h"
#include "cli/served_interface.h"
#include "cli/served_sockets.h"
#include "engine/pin_thread.h"
#include "engine/worker_cpus.h"
#include "xdp/capabilities.h"

namespace quicrx::cli {
namespace {

using Cpus = std::vector<std::optional<unsigned>>;

Result<void> refuse_repeated(const std::vector<std::string>& interfaces) {
  for (auto name = interfaces.begin(); name != interfaces.end(); ++name)
    if (std::find(interfaces.begin(), name, *name) != name)
      return fail(ErrorKind::usage, *name + ": named twice");
  return {};
}

Cpus pinned(const std::vector<unsigned>& cpus) {
  return {cpus.begin(), cpus.end()};
}

/// By default those of the queues' interrupts.
Result<Cpus> cpus_of_queues(const std::vector<ServedQueues>& queues, const RunOptions& options) {
  if (options.cpus == "none") {
    std::size_t workers = 0;
    for (const ServedQueues& one : queues) workers += one.queues.size();
    return Cpus(workers);
  }
  auto named = named_cpus(options);
  if (!named) return tl::unexpected(named.error());
  return worker_cpus(queues, *named).map(pinned);
}

/// By default none: the scheduler knows best where a socket's worker runs.
Result<Cpus> cpus_of_sockets(std::size_t workers, const RunOptions& options) {
  if (!options.cpus || *options.cpus == "none") return Cpus(workers);
  const auto named = named_cpus(options);
  if (!named) return tl::unexpected(named.error());
  const auto allowed = allowed_cpus();
  if (!allowed) return tl::unexpected(allowed.error());
  return take_named_cpus(**named, workers, *allowed).map(pinned);
}

}  // namespace

std::string ServingPlan::names() const {
  std::string names;
  for (const auto& one : served) names += "/" + one->name();
  return names;
}

Result<ServingPlan> plan_interfaces(const RunOptions& options) {
  if (auto checked = check_machine(); !checked) return tl::unexpected(checked.error());
  if (auto refused = refuse_repeated(options.interfaces); !refused) return tl::unexpected(refused.error());
  ServingPlan plan;
  plan.loads_programs = true;
  std::vector<ServedQueues> queues;
  for (const std::string& name : options.interfaces) {
    auto planned = ServedInterface::plan(name, options);
    if (!planned) return tl::unexpected(planned.error());
    queues.push_back({(*planned)->interface(), (*planned)->queues()});
    plan.served.push_back(std::move(*planned));
  }
  auto cpus = cpus_of_queues(queues, options);
  if (!cpus) return tl::unexpected(cpus.error());
  plan.cpus = std::move(*cpus);
  return plan;
}

Result<ServingPlan> plan_sockets(const RunOptions& options, SocketIo io) {
  auto planned = ServedSockets::plan(options, io);
  if (!planned) return tl::unexpected(planned.error());
  auto cpus = cpus_of_sockets((*planned)->workers(), options);
  if (!cpus) return tl::unexpected(cpus.error());
  ServingPlan plan;
  plan.served.push_back(std::move(*planned));
  plan.cpus = std::move(*cpus);
  return plan;
}

}  // namespace quicrx::cli
