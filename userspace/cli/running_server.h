// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "cli/run_options.h"
#include "cli/services.h"
#include "cli/serving_plan.h"
#include "engine/engine.h"
#include "library/setup_lock.h"

namespace quicrx::cli {

/// What workers are made of beside their ports. The words are checked, nothing is changed.
struct Settings {
  EndpointConfig quic;
  HttpConfig http;
  std::shared_ptr<const TlsContext> tls;

  static Result<Settings> of(const RunOptions& options, const ServingPlan& plan,
                             std::shared_ptr<EarlyDataGuard> guard);
};

/// A plan carried out: what is claimed, and the workers that serve it. All that was changed goes with it.
class RunningServer {
 public:
  /// Claims, opens and starts everything. The error leaves the machine as it was.
  static Result<std::unique_ptr<RunningServer>> start(ServingPlan plan, Settings settings,
                                                      const RunOptions& options);

  [[nodiscard]] Engine& engine() { return *engine_; }
  [[nodiscard]] const EndpointConfig& quic() const { return settings_.quic; }
  /// Waits for what comes late, and says that it serves.
  void announce(int stop);
  /// When the engine has ended.
  Result<void> end();

 private:
  RunningServer(ServingPlan plan, Settings settings)
      : plan_(std::move(plan)), settings_(std::move(settings)) {}
  Result<void> claim_all(const RunOptions& options);
  Result<void> begin_all();
  Result<void> take_lock();
  std::vector<Engine::Place> places(const RunOptions& options);

  // Held while programs are looked at, loaded or unloaded; what is claimed goes before it.
  std::optional<SetupLock> lock_;
  ServingPlan plan_;
  Settings settings_;
  std::vector<std::unique_ptr<Services>> services_;  // a worker
  std::unique_ptr<Engine> engine_;
};

}  // namespace quicrx::cli
