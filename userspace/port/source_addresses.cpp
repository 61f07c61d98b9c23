// SPDX-License-Identifier: MIT
#include "port/source_addresses.h"

#include <algorithm>
#include <cstddef>

namespace quicrx {

SourceAddresses::Key SourceAddresses::key_of(const SocketAddress& address) {
  Key key{};
  if (!address.is_ipv6()) key[10] = key[11] = 0xff;
  std::ranges::copy(address.ip(), key.end() - static_cast<std::ptrdiff_t>(address.ip().size()));
  return key;
}

void SourceAddresses::refresh(Timestamp now) {
  if (listed_ && now - *listed_ < kFresh) return;
  listed_ = now;
  const auto addresses = list_();
  if (!addresses) return;
  known_.clear();
  for (const MachineAddress& one : *addresses) known_.push_back(key_of(one.address));
  std::ranges::sort(known_);
  last_ = SocketAddress();
  had_last_ = false;
}

bool SourceAddresses::has(const SocketAddress& address) {
  if (address == last_) return had_last_;
  last_ = address;
  had_last_ = std::ranges::binary_search(known_, key_of(address));
  return had_last_;
}

bool SourceAddresses::can_send(const SocketAddress& bound, const SocketAddress& source) {
  if (source.port() != bound.port() || source.is_ipv6() != bound.is_ipv6()) return false;
  return bound.is_unspecified() ? has(source) : source == bound;
}

}  // namespace quicrx
