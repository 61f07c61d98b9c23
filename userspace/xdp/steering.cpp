// SPDX-License-Identifier: MIT
#include "xdp/steering.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/if_link.h>
#include <xdp/libxdp.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <functional>
#include <memory>
#include <span>

#include "steer_abi.h"
#include "xdp/capabilities.h"
#include "xdp/device_features.h"
#include "xdp/queue_trap.h"
#include "xdp/steer_maps.h"
#include "xdp/steer_object.h"

namespace quicrx {
namespace {

template <auto kClose>
struct Closer {
  template <typename Handle>
  void operator()(Handle* handle) const {
    kClose(handle);
  }
};
using Program = std::unique_ptr<xdp_program, Closer<xdp_program__close>>;
using Multiprog = std::unique_ptr<xdp_multiprog, Closer<xdp_multiprog__close>>;

// A larger frame may lie in several buffers, for which the program has to be built; a driver takes one that
// is not only up to some MTU of its own (virtio_net 3,506, ice 3,050, veth about 3,500).
constexpr unsigned kStandardMtu = 1500;

bool wants_multi_buffer(const Interface& interface) {
  if (interface.mtu <= kStandardMtu || !is_kernel_at_least(5, 18)) return false;
  const auto features = ask_device_features(interface);
  return features && features->multi_buffer;
}

/// The libraries would print to stderr; our errors say what the user needs.
void quieten_libraries() {
  libbpf_set_print(nullptr);
  libxdp_set_print(nullptr);
}

/// What the kernel says of a program.
struct ProgramFacts {
  std::uint32_t id = 0;
  std::string name;
  std::vector<std::uint32_t> map_ids;
};

std::optional<ProgramFacts> facts_of(const xdp_program* program) {
  std::array<std::uint32_t, 64> ids{};
  bpf_prog_info info{};
  info.nr_map_ids = ids.size();
  info.map_ids = reinterpret_cast<std::uintptr_t>(ids.data());
  std::uint32_t bytes = sizeof(info);
  if (bpf_obj_get_info_by_fd(xdp_program__fd(program), &info, &bytes) != 0) return std::nullopt;
  const auto ids_used = std::span(ids).first(std::min<std::size_t>(info.nr_map_ids, ids.size()));
  return ProgramFacts{info.id,
                      std::string(info.name, strnlen(info.name, sizeof(info.name))),
                      {ids_used.begin(), ids_used.end()}};
}

/// Everything attached to the interface; empty when nothing is.
Result<Multiprog> attached_programs(const Interface& interface) {
  Multiprog programs(xdp_multiprog__get_from_ifindex(static_cast<int>(interface.index)));
  const long error = libxdp_get_error(programs.get());
  if (error == 0) return programs;
  (void)programs.release();  // NOLINT(bugprone-unused-return-value): an error code in a pointer's clothes
  if (error == -ENOENT) return Multiprog();
  return fail(error == -EPERM ? ErrorKind::permission : ErrorKind::failure,
              interface.name +
                  ": cannot see which XDP programs are attached: " + std::strerror(static_cast<int>(-error)));
}

/// Calls `visit` with each program: those of the dispatcher, or the single one.
void each_program(const xdp_multiprog* programs, const std::function<void(xdp_program*)>& visit) {
  if (programs == nullptr) return;
  if (xdp_multiprog__is_legacy(programs)) {
    visit(xdp_multiprog__main_prog(programs));
    return;
  }
  xdp_program* program = nullptr;
  while ((program = xdp_multiprog__next_prog(program, programs)) != nullptr) visit(program);
}

bool is_ours(const ProgramFacts& facts) {
  return facts.name == QUICRX_PROGRAM_NAME;
}

tl::unexpected<Error> attach_failure(const Interface& interface, int error, AttachMode mode) {
  const char* mode_name = mode == AttachMode::native ? "native" : "generic";
  switch (error) {
    case EBUSY:
    case EEXIST:
      return fail(ErrorKind::busy,
                  interface.name +
                      ": another XDP program is attached and cannot be shared with; 'ip link "
                      "show " +
                      interface.name + "' shows it");
    case EPERM:
    case EACCES:
      return fail(ErrorKind::permission,
                  interface.name + ": not permitted to attach an XDP program; run as root");
    case EOPNOTSUPP:
      return fail(ErrorKind::unsupported, interface.name + ": " + interface.driver_text() + " has no " +
                                              mode_name + " XDP; try --mode generic");
    default:
      return fail(ErrorKind::unsupported, interface.name + ": cannot attach the XDP program in " + mode_name +
                                              " mode: " + std::strerror(error));
  }
}

/// Through libxdp, which loads the program as a part of its dispatcher or, where the kernel has no freplace
/// programs, alone.
Result<void> attach_beside_others(const Interface& interface, const SteeringConfig& config, AttachMode mode,
                                  const SteerObject& object) {
  const Program program(xdp_program__from_bpf_obj(object.get(), "xdp"));
  if (libxdp_get_error(program.get()) != 0)
    return fail(ErrorKind::failure, "libxdp does not take the XDP program");
  if (config.priority) xdp_program__set_run_prio(program.get(), *config.priority);
  if (config.chain_on)
    for (const unsigned action : {XDP_ABORTED, XDP_DROP, XDP_PASS, XDP_TX, XDP_REDIRECT})
      xdp_program__set_chain_call_enabled(program.get(), action,
                                          std::ranges::count(*config.chain_on, action) != 0);
  const auto libxdp_mode = mode == AttachMode::native ? XDP_MODE_NATIVE : XDP_MODE_SKB;
  const int error = xdp_program__attach(program.get(), static_cast<int>(interface.index), libxdp_mode, 0);
  return error == 0 ? Result<void>() : attach_failure(interface, -error, mode);
}

/// Without libxdp, whose dispatcher cannot be bound to a device.
Result<void> attach_alone(const Interface& interface, const SteerObject& object) {
  if (const int error = bpf_object__load(object.get()); error != 0)
    return fail(
        ErrorKind::unsupported,
        interface.name + ": cannot load the XDP program for receive metadata: " + std::strerror(-error) +
            "; it takes Linux 6.3, a driver with native XDP and, on some kernels, an MTU of at most 1500");
  const int error = bpf_xdp_attach(static_cast<int>(interface.index), bpf_program__fd(steer_program(object)),
                                   XDP_FLAGS_DRV_MODE | XDP_FLAGS_UPDATE_IF_NOEXIST, nullptr);
  return error == 0 ? Result<void>() : attach_failure(interface, -error, AttachMode::native);
}

std::uint32_t flags_of(const SteeringConfig& config, const SteerBuild& build) {
  return config.flags | (config.addresses.empty() ? std::uint32_t{QUICRX_ANY_ADDRESS} : 0) |
         (build.multi_buffer ? std::uint32_t{QUICRX_MULTI_BUFFER} : 0) |
         (build.receive_metadata ? std::uint32_t{QUICRX_RX_METADATA} : 0);
}

/// One attempt, in one mode.
Result<void> attach(const Interface& interface, const SteeringConfig& config, AttachMode mode) {
  const SteerBuild build{.multi_buffer = mode == AttachMode::native && wants_multi_buffer(interface),
                         .receive_metadata = config.receive_metadata};
  const auto object = open_steer_object(interface, build);
  if (!object) return tl::unexpected(object.error());
  auto attached = config.receive_metadata ? attach_alone(interface, *object)
                                          : attach_beside_others(interface, config, mode, *object);
  if (!attached) return attached;

  // No port is ours yet, so the program passes everything until it is configured.
  auto done = SteerMaps::pin(interface, **object)
                  .and_then([&] { return SteerMaps::open(interface); })
                  .and_then([&](const SteerMaps& maps) {
                    return maps.configure(interface, config.ports, config.addresses, flags_of(config, build));
                  });
  if (!done) (void)unload_steering(interface);
  return done;
}

Result<void> detach_ours(const Interface& interface) {
  auto programs = attached_programs(interface);
  if (!programs) return tl::unexpected(programs.error());
  Result<void> result;
  each_program(programs->get(), [&](xdp_program* program) {
    const auto facts = facts_of(program);
    if (!facts || !is_ours(*facts)) return;
    const int error = xdp_program__detach(program, static_cast<int>(interface.index),
                                          xdp_multiprog__attach_mode(programs->get()), 0);
    if (error != 0)
      result = fail(ErrorKind::failure,
                    interface.name + ": cannot detach the XDP program: " + std::strerror(-error));
  });
  return result;
}

/// What became of a load. If that cannot be told, what was attached is taken off again.
Result<Attachment> attached_after_load(const Interface& interface) {
  auto found = find_steering(interface);
  if (found && *found) return **found;
  (void)unload_steering(interface);
  if (!found) return tl::unexpected(found.error());
  return fail(ErrorKind::failure, interface.name + ": the XDP program was detached at once by another");
}

}  // namespace

Result<std::vector<AttachedProgram>> list_programs(const Interface& interface) {
  quieten_libraries();
  auto programs = attached_programs(interface);
  if (!programs) return tl::unexpected(programs.error());
  std::vector<AttachedProgram> list;
  each_program(programs->get(), [&](xdp_program* program) {
    const auto facts = facts_of(program);
    if (facts)
      list.push_back({facts->name, is_ours(*facts), !xdp_multiprog__is_legacy(programs->get()),
                      xdp_multiprog__attach_mode(programs->get()) == XDP_MODE_NATIVE});
  });
  return list;
}

Result<std::optional<Attachment>> find_steering(const Interface& interface) {
  quieten_libraries();
  auto programs = attached_programs(interface);
  if (!programs) return tl::unexpected(programs.error());
  std::optional<Attachment> found;
  const std::uint32_t pinned = SteerMaps::pinned_counters_id(interface);
  each_program(programs->get(), [&](xdp_program* program) {
    const auto facts = facts_of(program);
    if (!facts || !is_ours(*facts)) return;
    found = Attachment{.program_id = facts->id,
                       .native = xdp_multiprog__attach_mode(programs->get()) == XDP_MODE_NATIVE,
                       .dispatcher = !xdp_multiprog__is_legacy(programs->get()),
                       .priority = {},
                       .has_maps = std::ranges::find(facts->map_ids, pinned) != facts->map_ids.end(),
                       .native_refused = {}};
    if (found->dispatcher) found->priority = xdp_program__run_prio(program);
  });
  return found;
}

/// What the driver could not do is told before anything is changed.
Result<void> check_driver(const Interface& interface, const SteeringConfig& config) {
  if (config.mode == AttachMode::generic) return {};
  auto programs = attached_programs(interface);
  if (!programs) return tl::unexpected(programs.error());
  // Those that a program which is attached already has taken are taken.
  if (!*programs)
    if (auto refused = refuse_spare_pairs(interface); !refused) return refused;
  if (!config.receive_metadata) return {};
  const auto features = ask_device_features(interface);
  // What is not told is tried: the load, or the absence of both, tells.
  if (!features || !features->tells_metadata || features->receive_timestamp || features->receive_hash)
    return {};
  return fail(ErrorKind::unsupported,
              interface.name + ": " + interface.driver_text() +
                  " gives XDP neither timestamps nor hashes; load without --rx-metadata");
}

Result<Attachment> load_steering(const Interface& interface, const SteeringConfig& config) {
  auto present = find_steering(interface);
  if (!present) return tl::unexpected(present.error());
  if (*present && (*present)->has_maps)
    return fail(ErrorKind::busy, interface.name + ": quicrx is loaded already; 'quicrx unload " +
                                     interface.name + "' removes it");
  if (auto removed = unload_steering(interface); !removed && removed.error().kind != ErrorKind::not_found)
    return tl::unexpected(removed.error());

  if (auto checked = check_driver(interface, config); !checked) return tl::unexpected(checked.error());
  const AttachMode first = config.mode == AttachMode::generic ? AttachMode::generic : AttachMode::native;
  auto attached = attach(interface, config, first);
  std::string native_refused;
  if (!attached && config.mode == AttachMode::automatic && !config.receive_metadata &&
      attached.error().kind == ErrorKind::unsupported) {
    native_refused = attached.error().message;
    attached = attach(interface, config, AttachMode::generic);
  }
  if (!attached) return tl::unexpected(attached.error());
  auto loaded = attached_after_load(interface);
  if (loaded) loaded->native_refused = std::move(native_refused);
  return loaded;
}

Result<void> unload_steering(const Interface& interface) {
  auto present = find_steering(interface);
  if (!present) return tl::unexpected(present.error());
  const bool had_pins = SteerMaps::pinned_counters_id(interface) != 0;
  if (*present)
    if (auto detached = detach_ours(interface); !detached) return detached;
  SteerMaps::unpin(interface);
  if (!*present && !had_pins) return fail(ErrorKind::not_found, interface.name + ": quicrx is not loaded");
  return {};
}

}  // namespace quicrx
