// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>

#include "frame/descriptor.h"

namespace quicrx {

/// What the HTTP services serve. Outlives them.
struct HttpConfig {
  Descriptor root;        ///< folder of files to GET; none: nothing is found
  Descriptor upload_dir;  ///< folder for uploads; none: they are forbidden
  std::uint64_t max_upload_bytes = std::numeric_limits<std::uint64_t>::max();
  // What may be held of files that are being sent and not yet acknowledged: by one connection, and by all
  // connections of a service.
  std::size_t send_memory_per_connection_bytes = std::size_t{8} << 20;
  std::size_t send_memory_bytes = std::size_t{512} << 20;
};

}  // namespace quicrx
