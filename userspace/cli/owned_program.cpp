// SPDX-License-Identifier: MIT
#include "cli/owned_program.h"

#include <algorithm>

#include "steer_abi.h"
#include "telemetry/record.h"
#include "xdp/steer_maps.h"

namespace quicrx::cli {
namespace {

bool poller_owns(const Interface& interface) {
  const auto config = loaded_config(interface);
  return config && (config->flags & QUICRX_OWNED_BY_POLLER) != 0;
}

Result<std::vector<PortRange>> steered_ports(const Interface& interface) {
  return SteerMaps::open(interface).and_then([](const SteerMaps& maps) { return maps.ports(); });
}

Result<void> check_port(const Interface& interface, std::uint16_t udp_port) {
  const auto ports = steered_ports(interface);
  if (!ports) return tl::unexpected(ports.error());
  const bool steered = std::ranges::any_of(
      *ports, [&](const PortRange& range) { return range.first <= udp_port && udp_port <= range.last; });
  if (steered) return {};
  return fail(ErrorKind::usage, interface.name + ": quicrx is loaded for other ports than " +
                                    std::to_string(udp_port) + "; 'quicrx unload " + interface.name +
                                    "', then load it for this one");
}

bool suits(const Interface& interface, const Wanted& wanted) {
  const auto config = loaded_config(interface);
  const bool takes_frames = config && (!wanted.multi_buffer || (config->flags & QUICRX_MULTI_BUFFER) != 0);
  return takes_frames && steers_only(interface, wanted.udp_port).value_or(false);
}

}  // namespace

Result<quicrx_config> loaded_config(const Interface& interface) {
  return SteerMaps::open(interface).and_then([](const SteerMaps& maps) { return maps.config(); });
}

Result<bool> steers_only(const Interface& interface, std::uint16_t udp_port) {
  return steered_ports(interface).map([&](const std::vector<PortRange>& ports) {
    return ports.size() == 1 && ports.front() == PortRange{udp_port, udp_port};
  });
}

Result<void> clear_abandoned(const Interface& interface, const std::optional<Wanted>& wanted) {
  if (!poller_owns(interface) || has_living_poller(interface)) return {};
  if (wanted && suits(interface, *wanted)) return {};
  return unload_steering(interface);
}

Result<OwnedProgram> OwnedProgram::ensure(const Interface& interface, std::uint16_t udp_port) {
  auto present = find_steering(interface);
  if (!present) return tl::unexpected(present.error());
  if (*present && (*present)->has_maps) {
    const auto usable = check_port(interface, udp_port)
                            .and_then([&] { return SteerMaps::open(interface); })
                            .and_then([&](const SteerMaps& maps) { return maps.refresh_station(interface); });
    if (!usable) return tl::unexpected(usable.error());
    return OwnedProgram(interface, **present);
  }
  SteeringConfig config;
  config.ports = {{udp_port, udp_port}};
  config.flags = QUICRX_OWNED_BY_POLLER;
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

}  // namespace quicrx::cli
