// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "net/checksum.h"
#include "net/headers.h"
#include "quicrx/datagram.h"

namespace quicrx {

/// The headers of a path's datagrams, made once: of a datagram only lengths, ECN and checksums are its own. A
/// plain value.
class HeaderTemplate {
 public:
  /// Of no path.
  HeaderTemplate() = default;
  HeaderTemplate(const SocketAddress& local, const SocketAddress& remote, const LinkPath& link) noexcept;

  [[nodiscard]] bool is_for(const Path& path) const noexcept {
    return size_ > 0 && path.remote == remote_ && path.local == local_ && path.link == link_;
  }

  /// Writes all headers for a payload so that they end where it begins; returns their length. At least
  /// kMaxHeaderBytes of memory before `payload` must be writable. Both checksums are complete.
  std::size_t write(MutableBytes payload, Ecn ecn) const noexcept;

 private:
  SocketAddress local_;
  SocketAddress remote_;
  LinkPath link_;
  std::array<std::uint8_t, kMaxHeaderBytes> bytes_{};  // its last size_
  std::size_t size_ = 0;
  // Of what is in bytes_, where lengths, ECN and checksums are zero.
  ChecksumSum ip_sum_;
  ChecksumSum udp_sum_;
};

}  // namespace quicrx
