// SPDX-License-Identifier: MIT
#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <cstdio>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/commands.h"
#include "library/owned_program.h"
#include "library/setup_lock.h"
#include "steer_abi.h"
#include "xdp/capabilities.h"
#include "xdp/carrier.h"
#include "xdp/steering.h"

namespace quicrx::cli {
namespace {

struct LoadOptions {
  std::string interface;
  std::string ports;
  std::vector<std::string> addresses;
  AttachMode mode = AttachMode::automatic;
  bool pass_invalid = false;
  bool any_payload = false;
  std::optional<unsigned> priority;
  std::vector<xdp_action> chain_on;
  bool receive_metadata = false;
};

Result<SteeringConfig> steering_of(const LoadOptions& options) {
  SteeringConfig config;
  auto ports = parse_port_ranges(options.ports);
  if (!ports) return tl::unexpected(Error{ports.error().kind, "--port: " + ports.error().message});
  config.ports = std::move(*ports);
  for (const std::string& text : options.addresses) {
    auto prefix = parse_prefix(text);
    if (!prefix) return tl::unexpected(Error{prefix.error().kind, "--address: " + prefix.error().message});
    config.addresses.push_back(*prefix);
  }
  if (config.addresses.size() > QUICRX_MAX_PREFIXES)
    return fail(ErrorKind::usage, "--address: at most " + std::to_string(QUICRX_MAX_PREFIXES) + " prefixes");
  config.mode = options.mode;
  if (options.pass_invalid) config.flags |= QUICRX_PASS_INVALID;
  if (options.any_payload) config.flags |= QUICRX_ANY_PAYLOAD;
  config.priority = options.priority;
  if (!options.chain_on.empty()) config.chain_on = options.chain_on;
  config.receive_metadata = options.receive_metadata;
  if (config.receive_metadata && config.mode == AttachMode::generic)
    return fail(ErrorKind::usage, "--rx-metadata is of the driver: it has no generic mode");
  if (config.receive_metadata && (config.priority || config.chain_on))
    return fail(ErrorKind::usage,
                "--rx-metadata attaches the program alone: no --priority, no --chain-actions");
  return config;
}

/// Whether other programs can be attached too.
std::string company_of(const Attachment& loaded, const SteeringConfig& config) {
  if (loaded.priority)
    return "beside other programs (libxdp's dispatcher), priority " + std::to_string(*loaded.priority);
  if (config.receive_metadata) return "alone (receive metadata)";
  return std::string("alone (this kernel does not support libxdp's dispatcher") +
         (config.priority || config.chain_on ? ": no priority, no chain" : "") + ")";
}

void warn_without_carrier(const Interface& interface, const CarrierWatch& carrier) {
  if (!carrier.wait())
    std::fprintf(stderr, "quicrx: %s: no carrier after %d s\n", interface.name.c_str(),
                 static_cast<int>(CarrierWatch::kLongest.count()));
}

Result<void> load(const LoadOptions& options) {
  const auto config = steering_of(options);
  if (!config) return tl::unexpected(config.error());
  auto interface = check_machine().and_then([&] { return find_interface(options.interface); });
  if (!interface) return tl::unexpected(interface.error());
  const auto lock = SetupLock::take();
  if (!lock) return tl::unexpected(lock.error());
  const CarrierWatch carrier(*interface);
  auto loaded = clear_abandoned(*interface).and_then([&] { return load_steering(*interface, *config); });
  if (!loaded) return tl::unexpected(loaded.error());
  if (!loaded->native_refused.empty())
    std::fprintf(stderr, "quicrx: fell back to generic mode: %s\n", loaded->native_refused.c_str());
  std::printf("quicrx: loaded on %s: %s mode, %s\n", options.interface.c_str(),
              std::string(loaded->mode_name()).c_str(), company_of(*loaded, *config).c_str());
  warn_without_carrier(*interface, carrier);
  return {};
}

Result<void> unload(const std::string& name) {
  const auto interface = check_machine().and_then([&] { return find_interface(name); });
  if (!interface) return tl::unexpected(interface.error());
  const auto lock = SetupLock::take();
  if (!lock) return tl::unexpected(lock.error());
  const CarrierWatch carrier(*interface);
  auto done = unload_steering(*interface);
  if (done) warn_without_carrier(*interface, carrier);
  return done;
}

}  // namespace

void add_load(CLI::App& app, Action& action) {
  auto options = std::make_shared<LoadOptions>();
  CLI::App* command =
      app.add_subcommand("load", "Attach the XDP program: QUIC datagrams go to pollers from now on");
  const std::map<std::string, AttachMode> modes{
      {"auto", AttachMode::automatic}, {"native", AttachMode::native}, {"generic", AttachMode::generic}};
  command->add_option("IFACE", options->interface, "Network interface")->required();
  command->add_option("--port", options->ports, "UDP ports that are ours: 443 or 443,8443-8450")
      ->required()
      ->type_name("PORTS");
  command->add_option("--address", options->addresses, "Destination addresses that are ours (default: any)")
      ->type_name("PREFIX")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  command->add_option("--mode", options->mode, "auto: native (in the driver) where it can be, else generic")
      ->transform(CLI::CheckedTransformer(modes).description("auto|native|generic"))
      ->type_name("");
  command->add_flag("--pass-invalid", options->pass_invalid,
                    "Pass what cannot be QUIC to the kernel instead of dropping it");
  command->add_flag("--any-payload", options->any_payload,
                    "Steer every datagram to the ports, for programs that speak something else than QUIC");
  const std::map<std::string, xdp_action> actions{{"aborted", XDP_ABORTED},
                                                  {"drop", XDP_DROP},
                                                  {"pass", XDP_PASS},
                                                  {"tx", XDP_TX},
                                                  {"redirect", XDP_REDIRECT}};
  command
      ->add_option("--priority", options->priority,
                   "Among the interface's XDP programs, lower first (default: 50)")
      ->type_name("N");
  command
      ->add_option("--chain-actions", options->chain_on,
                   "After which of our verdicts the next program runs (default: pass)")
      ->delimiter(',')
      ->transform(CLI::CheckedTransformer(actions).description("aborted,drop,pass,tx,redirect"))
      ->type_name("");
  command->add_flag(
      "--rx-metadata", options->receive_metadata,
      "Have the driver tell each packet's hardware timestamp and hash; excludes other XDP programs");
  command->callback([options, &action] { action = [options] { return done(load(*options)); }; });
}

void add_unload(CLI::App& app, Action& action) {
  auto name = std::make_shared<std::string>();
  CLI::App* command = app.add_subcommand("unload", "Detach our XDP program, and only that");
  command->add_option("IFACE", *name, "Network interface")->required();
  command->callback([name, &action] { action = [name] { return done(unload(*name)); }; });
}

}  // namespace quicrx::cli
