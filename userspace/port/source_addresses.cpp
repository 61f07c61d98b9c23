// SPDX-License-Identifier: MIT
#include "port/source_addresses.h"

#include <sys/socket.h>

#include <algorithm>
#include <ranges>

#include "frame/descriptor.h"

namespace quicrx {
namespace {

bool is_on_this_machine(const SocketAddress& address) {
  const Descriptor probe(socket(address.get()->sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  const SocketAddress any_port(address.ip(), 0);
  return probe && bind(probe.get(), any_port.get(), any_port.size()) == 0;
}

}  // namespace

bool SourceAddresses::has(const SocketAddress& source) {
  if (source.port() != bound_.port() || source.is_ipv6() != bound_.is_ipv6()) return false;
  if (!bound_.is_unspecified()) return source == bound_;
  const auto known = std::ranges::find(known_, source, [](const auto& one) { return one.first; });
  if (known != known_.end()) return known->second;
  if (known_.size() == kMostKnown) known_.erase(known_.begin());
  return known_.emplace_back(source, is_on_this_machine(source)).second;
}

}  // namespace quicrx
