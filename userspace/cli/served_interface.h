// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/run_options.h"
#include "engine/engine.h"
#include "library/owned_program.h"
#include "telemetry/record.h"
#include "xdp/carrier.h"

namespace quicrx::cli {

/// An interface that `run` serves: its queues, and what is claimed of it for as long as they are served.
class ServedInterface {
 public:
  /// What is asked for, checked against the interface. Changes nothing.
  static Result<ServedInterface> plan(const std::string& name, const RunOptions& options);

  /// Makes a record for each queue and sees that the XDP program is there, with the setup lock held. What
  /// was claimed goes with this object, under that lock: first the records, so that the program can tell
  /// whether another poller is left.
  Result<void> claim(const std::vector<PortRange>& ports);

  /// A worker's place for each queue, from number `first` on.
  [[nodiscard]] std::vector<Engine::Place> places(const RunOptions& options, std::size_t first);
  /// Has the queues' packets go to the workers, which are the engine's from number `first` on.
  Result<void> steer_to(Engine& engine, std::size_t first, const RunOptions& options);
  /// Waits for a carrier that went with what was changed.
  void wait_for_carrier(int stop) const;
  void announce(Engine& engine, std::size_t first, const RunOptions& options) const;

  /// The interface and its queues, told apart from those of any other machine or namespace by its MAC
  /// address.
  [[nodiscard]] std::string name_of_queues() const;
  [[nodiscard]] const Interface& interface() const { return interface_; }
  [[nodiscard]] const std::vector<std::uint32_t>& queues() const { return queues_; }

 private:
  ServedInterface() = default;
  Result<void> check_program();

  Interface interface_;
  std::vector<std::uint32_t> queues_;
  UmemPlan plan_;
  std::unique_ptr<CarrierWatch> carrier_;
  std::uint32_t flags_ = 0;  // of the loaded program
  std::optional<OwnedProgram> program_;
  std::vector<std::unique_ptr<Record>> records_;  // by queue; destroyed before the program
};

}  // namespace quicrx::cli
