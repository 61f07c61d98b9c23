// SPDX-License-Identifier: MIT
#pragma once

#include <tsl/robin_map.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <mutex>

#include "quic/siphash.h"
#include "quicrx/address.h"

namespace quicrx {

/// Connections by the network that they come from: /24 of IPv4, /48 of IPv6, what one customer can have at
/// the most without much effort. Any thread: asked when a connection begins and ends.
class PrefixCounts {
 public:
  explicit PrefixCounts(SipHashKey key) : counts_(0, Hash{key}) {}

  [[nodiscard]] std::size_t count(const SocketAddress& address) const {
    const std::lock_guard lock(mutex_);
    const auto found = counts_.find(prefix_of(address));
    return found == counts_.end() ? 0 : found->second;
  }
  void add(const SocketAddress& address) {
    const std::lock_guard lock(mutex_);
    ++counts_[prefix_of(address)];
  }
  void remove(const SocketAddress& address) {
    const std::lock_guard lock(mutex_);
    const auto found = counts_.find(prefix_of(address));
    if (found == counts_.end()) return;
    if (--found.value() == 0) counts_.erase(found);
  }

 private:
  using Prefix = std::array<std::uint8_t, 7>;  // a byte for the family, and the network
  struct Hash {
    SipHashKey key;
    std::size_t operator()(const Prefix& prefix) const noexcept { return siphash(key, prefix); }
  };

  static Prefix prefix_of(const SocketAddress& address) {
    Prefix prefix{};
    prefix[0] = address.is_ipv6() ? 6 : 4;
    std::copy_n(address.ip().begin(), address.is_ipv6() ? 6 : 3, prefix.begin() + 1);
    return prefix;
  }

  mutable std::mutex mutex_;
  tsl::robin_map<Prefix, std::size_t, Hash> counts_;
};

}  // namespace quicrx
