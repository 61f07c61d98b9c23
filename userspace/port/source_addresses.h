// SPDX-License-Identifier: MIT
#pragma once

#include <utility>
#include <vector>

#include "quicrx/address.h"

namespace quicrx {

/// Which addresses a UDP socket can send from: those that the machine has, or the one that it is bound to.
/// AF_XDP also serves addresses that the machine lacks.
///
/// The machine is asked once for each address, of which there are few: what is added or removed later is not
/// noticed. One thread.
class SourceAddresses {
 public:
  /// `bound`: where the socket is.
  explicit SourceAddresses(const SocketAddress& bound) : bound_(bound) {}

  [[nodiscard]] bool has(const SocketAddress& source);

 private:
  static constexpr std::size_t kMostKnown = 64;

  SocketAddress bound_;
  std::vector<std::pair<SocketAddress, bool>> known_;
};

}  // namespace quicrx
