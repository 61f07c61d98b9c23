// SPDX-License-Identifier: MIT
#pragma once

#include <ngtcp2/ngtcp2.h>

#include <cstddef>

#include "quic/memory_limit.h"

namespace quicrx {

/// What one connection's QUIC state takes of the heap: ngtcp2 allocates through it, up to a limit, and what
/// it takes is added to the shared one. The peer decides much of it: data out of order, streams, path
/// validations. Outlives the ngtcp2_conn that was made with it.
class ConnectionMemory {
 public:
  ConnectionMemory(std::size_t limit, MemoryLimit& shared);
  ~ConnectionMemory() { shared_.reserve().remove_holder(); }
  ConnectionMemory(const ConnectionMemory&) = delete;
  ConnectionMemory& operator=(const ConnectionMemory&) = delete;

  [[nodiscard]] const ngtcp2_mem* allocator() const { return &allocator_; }
  [[nodiscard]] std::size_t used() const { return used_; }
  /// Whether an allocation was refused.
  [[nodiscard]] bool exceeded() const { return exceeded_; }
  /// Refuses no more: the close still has to be written.
  void lift() { lifted_ = true; }

 private:
  [[nodiscard]] bool allows(std::size_t more) const;
  void* resize(void* memory, std::size_t bytes, bool zero);
  void release(void* memory);

  std::size_t limit_;
  MemoryLimit& shared_;
  std::size_t used_ = 0;
  bool exceeded_ = false;
  bool lifted_ = false;
  ngtcp2_mem allocator_;
};

}  // namespace quicrx
