// SPDX-License-Identifier: MIT
#include "xdp/steer_object.h"

#include <linux/bpf.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <string_view>

#include "steer_abi.h"

// After the types that they name.
#include "steer.skel.h"
#include "steer_metadata.skel.h"

namespace quicrx {
namespace {

// include/uapi/linux/bpf.h, since 6.3: the program may ask its device for metadata, and is not offloaded to
// it.
constexpr std::uint32_t kDeviceBoundOnly = 1u << 6;

bool set_constants(const SteerObject& object, const SteerBuild& build) {
  const quicrx_constants constants{.multi_buffer = build.multi_buffer ? 1u : 0u};
  bpf_map* map = nullptr;
  bpf_object__for_each_map(map, object.get()) {
    if (std::string_view(bpf_map__name(map)).ends_with(".rodata"))
      return bpf_map__set_initial_value(map, &constants, sizeof(constants)) == 0;
  }
  return false;
}

}  // namespace

bpf_program* steer_program(const SteerObject& object) {
  return bpf_object__find_program_by_name(object.get(), QUICRX_PROGRAM_NAME);
}

Result<SteerObject> open_steer_object(const Interface& interface, const SteerBuild& build) {
  std::size_t bytes = 0;
  const void* compiled =
      build.receive_metadata ? steer_metadata_bpf::elf_bytes(&bytes) : steer_bpf::elf_bytes(&bytes);
  SteerObject object(bpf_object__open_mem(compiled, bytes, nullptr));
  bpf_program* program = object ? steer_program(object) : nullptr;
  if (program == nullptr || !set_constants(object, build))
    return fail(ErrorKind::failure, std::string("cannot open the XDP program: ") + std::strerror(errno));
  std::uint32_t flags = bpf_program__flags(program);
  if (build.multi_buffer) flags |= BPF_F_XDP_HAS_FRAGS;
  if (build.receive_metadata) {
    flags |= kDeviceBoundOnly;
    bpf_program__set_ifindex(program, interface.index);
  }
  bpf_program__set_flags(program, flags);
  return object;
}

}  // namespace quicrx
