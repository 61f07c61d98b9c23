// SPDX-License-Identifier: MIT
#pragma once

#include <CLI/App.hpp>
#include <functional>

#include "cli/exit_status.h"
#include "quicrx/result.h"

namespace quicrx::cli {

/// What a command line came to: run after it has been parsed whole.
using Action = std::function<Result<ExitStatus>()>;

/// For commands that succeed in one way.
inline Result<ExitStatus> done(const Result<void>& result) {
  return result.map([] { return ExitStatus::success; });
}

/// Each adds its subcommand to `app` and sets `action` when that is the one chosen.
void add_load(CLI::App& app, Action& action);
void add_unload(CLI::App& app, Action& action);
void add_run(CLI::App& app, Action& action);
void add_stats(CLI::App& app, Action& action);
void add_check(CLI::App& app, Action& action);

}  // namespace quicrx::cli
