// SPDX-License-Identifier: MIT
#include "library/owned_program.h"

#include <algorithm>

#include "steer_abi.h"
#include "telemetry/record.h"
#include "xdp/steer_maps.h"

namespace quicrx {
namespace {

bool poller_owns(const Interface& interface) {
  const auto config = loaded_config(interface);
  return config && (config->flags & QUICRX_OWNED_BY_POLLER) != 0;
}

Result<std::vector<PortRange>> steered_ports(const Interface& interface) {
  return SteerMaps::open(interface).and_then([](const SteerMaps& maps) { return maps.ports(); });
}

Result<void> check_ports(const Interface& interface, const std::vector<PortRange>& wanted) {
  const auto steered = steered_ports(interface);
  if (!steered) return tl::unexpected(steered.error());
  for (const PortRange& range : wanted) {
    const bool covered = std::ranges::any_of(*steered, [&](const PortRange& loaded) {
      return loaded.first <= range.first && range.last <= loaded.last;
    });
    if (!covered)
      return fail(ErrorKind::usage, interface.name + ": quicrx is loaded for other ports than " +
                                        std::to_string(range.first) + "; 'quicrx unload " + interface.name +
                                        "', then load it for this one");
  }
  return {};
}

Result<void> check_flags(const Interface& interface, std::uint32_t wanted) {
  const auto config = loaded_config(interface);
  if (!config) return tl::unexpected(config.error());
  if ((config->flags & wanted) == wanted) return {};
  return fail(ErrorKind::busy, interface.name + ": quicrx is loaded for QUIC alone; 'quicrx unload " +
                                   interface.name + "', or load it with --any-payload");
}

bool suits(const Interface& interface, const Wanted& wanted) {
  const auto config = loaded_config(interface);
  const bool takes_frames = config && (!wanted.multi_buffer || (config->flags & QUICRX_MULTI_BUFFER) != 0);
  return takes_frames && (config->flags & QUICRX_ANY_PAYLOAD) == wanted.flags &&
         steers_only(interface, wanted.ports).value_or(false);
}

}  // namespace

Result<quicrx_config> loaded_config(const Interface& interface) {
  return SteerMaps::open(interface).and_then([](const SteerMaps& maps) { return maps.config(); });
}

Result<bool> steers_only(const Interface& interface, const std::vector<PortRange>& ports) {
  return steered_ports(interface).map(
      [&](const std::vector<PortRange>& steered) { return steered == ports; });
}

Result<void> clear_abandoned(const Interface& interface, const std::optional<Wanted>& wanted) {
  if (!poller_owns(interface) || has_living_poller(interface)) return {};
  if (wanted && suits(interface, *wanted)) return {};
  return unload_steering(interface);
}

Result<OwnedProgram> OwnedProgram::ensure(const Interface& interface, const std::vector<PortRange>& ports,
                                          std::uint32_t flags) {
  auto present = find_steering(interface);
  if (!present) return tl::unexpected(present.error());
  if (*present && (*present)->has_maps) {
    const auto usable = check_ports(interface, ports)
                            .and_then([&] { return check_flags(interface, flags); })
                            .and_then([&] { return SteerMaps::open(interface); })
                            .and_then([&](const SteerMaps& maps) { return maps.refresh_station(interface); });
    if (!usable) return tl::unexpected(usable.error());
    return OwnedProgram(interface, **present);
  }
  SteeringConfig config;
  config.ports = ports;
  config.flags = QUICRX_OWNED_BY_POLLER | flags;
  auto loaded = load_steering(interface, config);
  if (!loaded) return tl::unexpected(loaded.error());
  return OwnedProgram(interface, *loaded);
}

OwnedProgram::OwnedProgram(OwnedProgram&& other) noexcept
    : interface_(std::move(other.interface_)),
      attachment_(std::move(other.attachment_)),
      active_(std::exchange(other.active_, false)) {}

OwnedProgram::~OwnedProgram() {
  if (active_) (void)clear_abandoned(interface_);
}

}  // namespace quicrx
