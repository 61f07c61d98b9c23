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
  std::string name;
  bool json = false;
};

using Snapshots = std::vector<InterfaceSnapshot>;

/// What takes no privilege to see: the user's own servers by sockets.
Result<Snapshots> gather_socket_servers() {
  const auto here = this_namespace();
  if (!here) return tl::unexpected(here.error());
  Snapshots snapshots;
  for (const std::string& name : recorded_socket_servers(*here))
    if (auto snapshot = take_socket_snapshot({name, *here})) snapshots.push_back(std::move(*snapshot));
  return snapshots;
}

Result<Snapshots> gather_interfaces() {
  if (auto checked = check_machine(); !checked) return tl::unexpected(checked.error());
  Snapshots snapshots;
  for (const std::string& name : interface_names()) {
    auto interface = find_interface(name);
    if (!interface) return tl::unexpected(interface.error());
    auto snapshot = take_snapshot(*interface);
    if (!snapshot) return tl::unexpected(snapshot.error());
    if (is_in_use(*snapshot)) snapshots.push_back(std::move(*snapshot));
  }
  return snapshots;
}

/// Where the user may not see interfaces, that is an error unless there is something else to show.
Result<Snapshots> gather_all() {
  auto interfaces = gather_interfaces();
  auto servers = gather_socket_servers();
  if (!servers) return servers;
  if (!interfaces && servers->empty()) return interfaces;
  if (!interfaces)
    std::fprintf(stderr, "quicrx: interfaces are left out: %s\n", interfaces.error().message.c_str());
  Snapshots all = interfaces ? std::move(*interfaces) : Snapshots();
  for (InterfaceSnapshot& server : *servers) all.push_back(std::move(server));
  return all;
}

Result<Snapshots> gather_one(const std::string& name) {
  const auto snapshot =
      is_socket_server(name)
          ? this_namespace().and_then([&](std::uint64_t here) {
              return take_socket_snapshot({name, here});
            })
          : check_machine().and_then([&] { return find_interface(name); }).and_then(take_snapshot);
  return snapshot.map([](const InterfaceSnapshot& one) { return Snapshots{one}; });
}

Result<void> stats(const StatsOptions& options) {
  const auto snapshots = options.name.empty() ? gather_all() : gather_one(options.name);
  if (!snapshots) return tl::unexpected(snapshots.error());
  std::string text = options.json ? format_json(*snapshots) : format_text(*snapshots);
  if (text.empty()) text = "quicrx is loaded on no interface, and serves by no socket\n";
  std::fputs(text.c_str(), stdout);
  return {};
}

}  // namespace

void add_stats(CLI::App& app, Action& action) {
  auto options = std::make_shared<StatsOptions>();
  CLI::App* command =
      app.add_subcommand("stats", "Show counters, frames and rings, of one interface or server, or all");
  command->add_option("NAME", options->name, "Network interface, or a server by sockets: udp:4433");
  command->add_flag("--json", options->json, "One JSON object, for programs");
  command->callback([options, &action] { action = [options] { return done(stats(*options)); }; });
}

}  // namespace quicrx::cli
