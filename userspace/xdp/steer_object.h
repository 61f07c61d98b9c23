// SPDX-License-Identifier: MIT
#pragma once

#include <bpf/libbpf.h>

#include <memory>

#include "quicrx/result.h"
#include "xdp/interface.h"

namespace quicrx {

struct CloseObject {
  void operator()(bpf_object* object) const { bpf_object__close(object); }
};
using SteerObject = std::unique_ptr<bpf_object, CloseObject>;

struct SteerBuild {
  bool multi_buffer = false;      ///< takes frames that lie in several buffers (Linux 5.18)
  bool receive_metadata = false;  ///< binds the program to the device (Linux 6.3)
};

/// Opens the XDP program that fits, not yet loaded.
Result<SteerObject> open_steer_object(const Interface& interface, const SteerBuild& build);

/// The XDP program of the object.
bpf_program* steer_program(const SteerObject& object);

}  // namespace quicrx
