// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>

#include "frame/mapping.h"
#include "quicrx/result.h"

namespace quicrx {

/// The memory of a UMEM: page-aligned, on huge pages where the machine has free ones.
struct UmemMemory {
  Mapping mapping;
  bool huge_pages = false;
};

/// Maps at least `bytes`. Falls back from huge pages to normal ones; `huge_pages` says which it became.
Result<UmemMemory> map_umem(std::size_t bytes);

}  // namespace quicrx
