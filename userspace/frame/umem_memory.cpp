// SPDX-License-Identifier: MIT
#include "frame/umem_memory.h"

#include <sys/mman.h>

#include <cerrno>
#include <cstring>
#include <string>

namespace quicrx {
namespace {

constexpr std::size_t kHugePageBytes = std::size_t{2} << 20;

constexpr std::size_t round_up(std::size_t bytes, std::size_t unit) {
  return (bytes + unit - 1) / unit * unit;
}

}  // namespace

Result<UmemMemory> map_umem(std::size_t bytes) {
  if (bytes == 0) return UmemMemory{};
  const int common = MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE;
  const int access = PROT_READ | PROT_WRITE;
  const std::size_t huge_bytes = round_up(bytes, kHugePageBytes);
  void* start = mmap(nullptr, huge_bytes, access, common | MAP_HUGETLB, -1, 0);
  if (start != MAP_FAILED) return UmemMemory{Mapping(start, huge_bytes), true};

  const std::size_t page_bytes = round_up(bytes, 4096);
  start = mmap(nullptr, page_bytes, access, common, -1, 0);
  if (start == MAP_FAILED)
    return fail(ErrorKind::failure, "cannot map " + std::to_string(page_bytes) + " bytes for the UMEM: " +
                                        std::strerror(errno) + "; give fewer --frames");
  return UmemMemory{Mapping(start, page_bytes), false};
}

}  // namespace quicrx
