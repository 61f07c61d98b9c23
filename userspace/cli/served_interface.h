// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/run_options.h"
#include "cli/served.h"
#include "library/owned_program.h"
#include "telemetry/record.h"
#include "xdp/carrier.h"

namespace quicrx::cli {

/// An interface that `run` serves: its queues, by AF_XDP, a worker each.
class ServedInterface final : public Served {
 public:
  /// What is asked for, checked against the interface. Changes nothing. `options` outlives it.
  static Result<std::unique_ptr<ServedInterface>> plan(const std::string& name, const RunOptions& options);

  [[nodiscard]] std::size_t workers() const override { return queues_.size(); }
  /// The interface and its queues, told apart from those of any other machine or namespace by its MAC
  /// address.
  [[nodiscard]] std::string name() const override;
  /// Makes a record for each queue and sees that the XDP program is there, with the setup lock held. What
  /// was claimed goes with this object, under that lock: first the records, so that the program can tell
  /// whether another poller is left.
  Result<void> claim(const std::vector<PortRange>& ports) override;
  [[nodiscard]] std::vector<Engine::Place> places(std::size_t first) override;
  /// Has the queues' packets go to the workers.
  Result<void> begin(Engine& engine, std::size_t first) override;
  /// For a carrier that went with what was changed.
  void wait(int stop) const override;
  void announce(Engine& engine, std::size_t first) const override;

  [[nodiscard]] const Interface& interface() const { return interface_; }
  [[nodiscard]] const std::vector<std::uint32_t>& queues() const { return queues_; }

 private:
  explicit ServedInterface(const RunOptions& options) : options_(options) {}
  Result<void> check_program();

  const RunOptions& options_;
  Interface interface_;
  std::vector<std::uint32_t> queues_;
  UmemPlan plan_;
  std::unique_ptr<CarrierWatch> carrier_;
  std::uint32_t flags_ = 0;  // of the loaded program
  std::optional<OwnedProgram> program_;
  std::vector<std::unique_ptr<Record>> records_;  // by queue; destroyed before the program
};

}  // namespace quicrx::cli
