// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>

#include "frame/mapping.h"
#include "quicrx/result.h"

namespace quicrx {

/// Memory for frames that are used by and by: pages come with their first use.
Result<Mapping> map_lazily(std::size_t bytes);

}  // namespace quicrx
