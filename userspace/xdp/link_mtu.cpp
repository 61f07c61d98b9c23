// SPDX-License-Identifier: MIT
#include "xdp/link_mtu.h"

#include <algorithm>
#include <string>
#include <vector>

#include "net/machine_addresses.h"
#include "xdp/interface_query.h"

namespace quicrx {
namespace {

/// 0 where it is not told.
unsigned mtu_of(const std::string& interface) {
  InterfaceQuery query(interface);
  return query.ask(SIOCGIFMTU) ? static_cast<unsigned>(std::max(0, query.request().ifr_mtu)) : 0;
}

/// Several addresses of an interface are one beside the other, mostly: it is asked once then.
unsigned largest_mtu(const std::vector<MachineAddress>& addresses) {
  unsigned largest = 0;
  const std::string* asked = nullptr;
  for (const MachineAddress& one : addresses) {
    if (asked != nullptr && *asked == one.interface) continue;
    largest = std::max(largest, mtu_of(one.interface));
    asked = &one.interface;
  }
  return largest;
}

}  // namespace

unsigned link_mtu(const SocketAddress& listen) {
  auto addresses = machine_addresses().value_or(std::vector<MachineAddress>());
  const SocketAddress wanted(listen.ip(), 0);
  std::erase_if(addresses, [&](const MachineAddress& one) {
    return listen.is_unspecified() ? one.address.is_ipv6() != listen.is_ipv6() : !(one.address == wanted);
  });
  const bool wired = std::ranges::any_of(addresses, [](const auto& one) { return !one.loopback; });
  if (wired) std::erase_if(addresses, [](const auto& one) { return one.loopback; });
  return std::clamp(largest_mtu(addresses), kStandardMtu, kLargestMtu);
}

}  // namespace quicrx
