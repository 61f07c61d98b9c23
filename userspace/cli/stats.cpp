// SPDX-License-Identifier: MIT
#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "cli/commands.h"
#include "telemetry/format.h"
#include "telemetry/snapshot.h"
#include "xdp/capabilities.h"

namespace quicrx::cli {
namespace {

struct StatsOptions {
  std::string interface;
  bool json = false;
};

Result<std::vector<InterfaceSnapshot>> gather(const std::string& only) {
  std::vector<InterfaceSnapshot> snapshots;
  for (const std::string& name : only.empty() ? interface_names() : std::vector{only}) {
    auto interface = find_interface(name);
    if (!interface) return tl::unexpected(interface.error());
    auto snapshot = take_snapshot(*interface);
    if (!snapshot) return tl::unexpected(snapshot.error());
    if (is_in_use(*snapshot) || !only.empty()) snapshots.push_back(std::move(*snapshot));
  }
  return snapshots;
}

Result<void> stats(const StatsOptions& options) {
  const auto snapshots = check_machine().and_then([&] { return gather(options.interface); });
  if (!snapshots) return tl::unexpected(snapshots.error());
  std::string text = options.json ? format_json(*snapshots) : format_text(*snapshots);
  if (text.empty()) text = "quicrx is loaded on no interface\n";
  std::fputs(text.c_str(), stdout);
  return {};
}

}  // namespace

void add_stats(CLI::App& app, Action& action) {
  auto options = std::make_shared<StatsOptions>();
  CLI::App* command = app.add_subcommand("stats", "Show counters, frames and rings, of one interface or all");
  command->add_option("IFACE", options->interface, "Network interface");
  command->add_flag("--json", options->json, "One JSON object, for programs");
  command->callback([options, &action] { action = [options] { return done(stats(*options)); }; });
}

}  // namespace quicrx::cli
