// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <limits>

#include "frame/descriptor.h"

namespace quicrx {

/// What the HTTP services serve. Outlives them.
struct HttpConfig {
  Descriptor root;        ///< folder of files to GET; none: nothing is found
  Descriptor upload_dir;  ///< folder for uploads; none: they are forbidden
  std::uint64_t max_upload_bytes = std::numeric_limits<std::uint64_t>::max();
};

/// What one connection may hold of files that it sends and that are not yet acknowledged.
inline constexpr std::size_t kSendMemoryBytes = std::size_t{8} << 20;

}  // namespace quicrx
