// SPDX-License-Identifier: MIT
#include "frame/lazy_memory.h"

#include <cerrno>
#include <cstring>
#include <string>

namespace quicrx {

Result<Mapping> map_lazily(std::size_t bytes) {
  void* start =
      mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (start != MAP_FAILED) return Mapping(start, bytes);
  return fail(ErrorKind::failure,
              "cannot map " + std::to_string(bytes) + " bytes for frames: " + std::strerror(errno));
}

}  // namespace quicrx
