// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/run_options.h"
#include "cli/served.h"

namespace quicrx::cli {

/// What a run is to serve, checked against the machine. Nothing is changed yet.
struct ServingPlan {
  std::vector<std::unique_ptr<Served>> served;
  std::vector<std::optional<unsigned>> cpus;  ///< of each worker; none where they are not to be pinned
  bool loads_programs = false;                ///< so that the setup lock is wanted

  /// In one way of writing it, for what must differ from every other server's.
  [[nodiscard]] std::string names() const;
};

/// The interfaces that were named, by AF_XDP.
Result<ServingPlan> plan_interfaces(const RunOptions& options);
/// A UDP port by sockets. What the words name is found without a privilege.
Result<ServingPlan> plan_sockets(const RunOptions& options, SocketIo io);

}  // namespace quicrx::cli
