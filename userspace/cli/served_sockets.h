// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/listen_addresses.h"
#include "cli/run_options.h"
#include "cli/served.h"
#include "telemetry/record.h"

namespace quicrx::cli {

/// A UDP port that `run` serves by the kernel's sockets, one a worker: nothing that takes a privilege.
class ServedSockets final : public Served {
 public:
  /// Changes nothing. `options` outlives it.
  static Result<std::unique_ptr<ServedSockets>> plan(const RunOptions& options, SocketIo io);

  [[nodiscard]] std::size_t workers() const override { return workers_; }
  [[nodiscard]] std::string name() const override { return listen_.name; }
  [[nodiscard]] Result<void> check(const EndpointConfig& config) const override;
  Result<void> claim(const std::vector<PortRange>& ports) override;
  [[nodiscard]] std::vector<Engine::Place> places(std::size_t first) override;
  Result<void> begin(Engine& engine, std::size_t first) override;
  void announce(Engine& engine, std::size_t first) const override;

 private:
  ServedSockets(const RunOptions& options, SocketIo io) : options_(options), io_(io) {}

  const RunOptions& options_;
  SocketIo io_;
  ListenAddresses listen_;
  std::size_t workers_ = 0;
  std::vector<std::unique_ptr<Record>> records_;  // by worker
};

}  // namespace quicrx::cli
