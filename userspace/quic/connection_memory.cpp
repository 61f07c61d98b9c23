// SPDX-License-Identifier: MIT
#include "quic/connection_memory.h"

#include <malloc.h>

#include <cstdlib>

namespace quicrx {
namespace {

ConnectionMemory& self(void* user_data) {
  return *static_cast<ConnectionMemory*>(user_data);
}

}  // namespace

ConnectionMemory::ConnectionMemory(std::size_t limit, MemoryLimit& shared) : limit_(limit), shared_(shared) {
  shared_.reserve().add_holder();
  allocator_.user_data = this;
  allocator_.malloc = [](std::size_t bytes, void* user_data) {
    return self(user_data).resize(nullptr, bytes, false);
  };
  allocator_.free = [](void* memory, void* user_data) { self(user_data).release(memory); };
  allocator_.calloc = [](std::size_t count, std::size_t bytes, void* user_data) -> void* {
    std::size_t all = 0;
    return __builtin_mul_overflow(count, bytes, &all) ? nullptr : self(user_data).resize(nullptr, all, true);
  };
  allocator_.realloc = [](void* memory, std::size_t bytes, void* user_data) {
    return self(user_data).resize(memory, bytes, false);
  };
}

bool ConnectionMemory::allows(std::size_t more) const {
  if (lifted_) return true;
  if (used_ + more > limit_) return false;
  return shared_.covers(more) || used_ + more <= shared_.share();
}

/// What malloc really took is counted, so that no size need be kept beside each piece.
void* ConnectionMemory::resize(void* memory, std::size_t bytes, bool zero) {
  const std::size_t before = malloc_usable_size(memory);
  if (bytes > before && !allows(bytes - before)) {
    exceeded_ = true;
    return nullptr;
  }
  void* made = zero ? std::calloc(1, bytes) : std::realloc(memory, bytes);
  if (made == nullptr) return nullptr;
  const std::size_t change =
      malloc_usable_size(made) - before;  // wraps where it became smaller, and so do the sums
  used_ += change;
  shared_.add(change);
  return made;
}

void ConnectionMemory::release(void* memory) {
  const std::size_t bytes = malloc_usable_size(memory);
  used_ -= bytes;
  shared_.add(std::size_t{0} - bytes);
  std::free(memory);
}

}  // namespace quicrx
