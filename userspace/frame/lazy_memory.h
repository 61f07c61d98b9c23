// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>

#include "frame/mapping.h"
#include "quicrx/result.h"

namespace quicrx {

/// Memory for frames that are larger than what mostly lies in them: each page takes a place in RAM when it is
/// written for the first time.
Result<Mapping> map_lazily(std::size_t bytes);

}  // namespace quicrx
