// SPDX-License-Identifier: MIT
#pragma once

#include <ngtcp2/ngtcp2.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace quicrx {

/// What several connections may hold together. Where it is used up, one that has more than its share gets no
/// more.
struct SharedMemoryLimit {
  std::size_t limit = 0;
  std::size_t used = 0;
  std::size_t holders = 0;  ///< connections

  /// Every connection may have so much, whatever the others hold.
  static constexpr std::size_t kLeastShare = std::size_t{32} << 10;
  [[nodiscard]] std::size_t share() const {
    return std::max(kLeastShare, limit / std::max<std::size_t>(1, holders));
  }
};

/// What one connection's QUIC state takes of the heap: ngtcp2 allocates through it, up to a limit, and what
/// it takes is added to the shared one. The peer decides much of it: data out of order, streams, path
/// validations. Outlives the ngtcp2_conn that was made with it.
class ConnectionMemory {
 public:
  ConnectionMemory(std::size_t limit, SharedMemoryLimit& shared);
  ~ConnectionMemory() { --shared_.holders; }
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
  SharedMemoryLimit& shared_;
  std::size_t used_ = 0;
  bool exceeded_ = false;
  bool lifted_ = false;
  ngtcp2_mem allocator_;
};

}  // namespace quicrx
