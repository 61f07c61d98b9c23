// SPDX-License-Identifier: MIT
/// Which CPU each worker is to run on.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "quicrx/result.h"
#include "xdp/interface.h"

namespace quicrx {

/// Queues of an interface, a worker each.
struct ServedQueues {
  Interface interface;
  std::vector<std::uint32_t> queues;
};

/// Where a worker's interrupts go, if that is known, by worker.
using InterruptCpus = std::vector<std::optional<unsigned>>;

/// A CPU for each worker, of those in `allowed`. A worker gets the CPU of its interrupt, where its packets
/// are in the cache, unless another has got that; the rest are shared out evenly.
Result<std::vector<unsigned>> choose_cpus(const InterruptCpus& interrupts,
                                          const std::vector<unsigned>& allowed);

/// The CPUs that a user named, the first for the first worker. Refuses fewer than there are workers, and one
/// that is not in `allowed`.
Result<std::vector<unsigned>> take_named_cpus(const std::vector<unsigned>& named, std::size_t workers,
                                              const std::vector<unsigned>& allowed);

/// A CPU for each worker on this machine as it is, in the order of the queues; `named` by the user, or
/// chosen.
Result<std::vector<unsigned>> worker_cpus(const std::vector<ServedQueues>& served,
                                          const std::optional<std::vector<unsigned>>& named);

}  // namespace quicrx
