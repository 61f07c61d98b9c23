// SPDX-License-Identifier: MIT
#pragma once

#include <ngtcp2/ngtcp2.h>

#include <cstddef>
#include <cstdint>

namespace quicrx {

/// What one connection's QUIC state takes of the heap: ngtcp2 allocates through it, up to a limit, and what
/// it takes is added to the endpoint's sum. The peer decides much of it: data out of order, streams, path
/// validations. Lives as long as the ngtcp2_conn that was made with it.
class ConnectionMemory {
 public:
  ConnectionMemory(std::size_t limit, std::size_t& sum);
  ConnectionMemory(const ConnectionMemory&) = delete;
  ConnectionMemory& operator=(const ConnectionMemory&) = delete;

  [[nodiscard]] const ngtcp2_mem* allocator() const { return &allocator_; }
  [[nodiscard]] std::size_t used() const { return used_; }
  /// Whether an allocation was refused.
  [[nodiscard]] bool exceeded() const { return exceeded_; }
  /// Refuses no more: the close still has to be written.
  void lift() { limit_ = static_cast<std::size_t>(-1); }

 private:
  void* resize(void* memory, std::size_t bytes, bool zero);
  void release(void* memory);

  std::size_t limit_;
  std::size_t& sum_;
  std::size_t used_ = 0;
  bool exceeded_ = false;
  ngtcp2_mem allocator_;
};

}  // namespace quicrx
