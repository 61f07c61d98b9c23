// SPDX-License-Identifier: MIT
#include "xdp/steering.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <xdp/libxdp.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <functional>
#include <memory>
#include <span>

#include "steer.skel.h"
#include "steer_abi.h"
#include "xdp/steer_maps.h"

namespace quicrx {
namespace {

template <auto kClose>
struct Closer {
  template <typename Handle>
  void operator()(Handle* handle) const {
    kClose(handle);
  }
};
using Skeleton = std::unique_ptr<steer_bpf, Closer<steer_bpf::destroy>>;
using Program = std::unique_ptr<xdp_program, Closer<xdp_program__close>>;
using Multiprog = std::unique_ptr<xdp_multiprog, Closer<xdp_multiprog__close>>;

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
      return fail(ErrorKind::unsupported, interface.name + ": driver " + interface.driver + " has no " +
                                              mode_name + " XDP; try --mode generic");
    default:
      return fail(ErrorKind::unsupported, interface.name + ": cannot attach the XDP program in " + mode_name +
                                              " mode: " + std::strerror(error));
  }
}

/// One attempt, in one mode. libxdp loads the program, as a part of its dispatcher or, where the kernel has
/// no freplace programs, alone.
Result<void> attach(const Interface& interface, const SteeringConfig& config, AttachMode mode) {
  const Skeleton skeleton(steer_bpf::open());
  if (!skeleton)
    return fail(ErrorKind::failure, std::string("cannot open the XDP program: ") + std::strerror(errno));
  const Program program(xdp_program__from_bpf_obj(skeleton->obj, "xdp"));
  if (libxdp_get_error(program.get()) != 0)
    return fail(ErrorKind::failure, "libxdp does not take the XDP program");
  const auto libxdp_mode = mode == AttachMode::native ? XDP_MODE_NATIVE : XDP_MODE_SKB;
  const int index = static_cast<int>(interface.index);
  if (const int error = xdp_program__attach(program.get(), index, libxdp_mode, 0); error != 0)
    return attach_failure(interface, -error, mode);

  // No port is ours yet, so the program passes everything until it is configured.
  auto done = SteerMaps::pin(interface, *skeleton->obj)
                  .and_then([&] { return SteerMaps::open(interface); })
                  .and_then([&](const SteerMaps& maps) {
                    return maps.configure(interface, config.ports, config.addresses, config.flags);
                  });
  if (!done) {
    xdp_program__detach(program.get(), index, libxdp_mode, 0);
    SteerMaps::unpin(interface);
  }
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
                       .has_maps = std::ranges::find(facts->map_ids, pinned) != facts->map_ids.end(),
                       .native_refused = {}};
  });
  return found;
}

Result<Attachment> load_steering(const Interface& interface, const SteeringConfig& config) {
  auto present = find_steering(interface);
  if (!present) return tl::unexpected(present.error());
  if (*present && (*present)->has_maps)
    return fail(ErrorKind::busy, interface.name + ": quicrx is loaded already; 'quicrx unload " +
                                     interface.name + "' removes it");
  if (auto removed = unload_steering(interface); !removed && removed.error().kind != ErrorKind::not_found)
    return tl::unexpected(removed.error());

  const AttachMode first = config.mode == AttachMode::generic ? AttachMode::generic : AttachMode::native;
  auto attached = attach(interface, config, first);
  std::string native_refused;
  if (!attached && config.mode == AttachMode::automatic && attached.error().kind == ErrorKind::unsupported) {
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
