// SPDX-License-Identifier: MIT
#include "net/machine_addresses.h"

#include <ifaddrs.h>
#include <net/if.h>

#include <memory>

namespace quicrx {
namespace {

struct FreeList {
  void operator()(ifaddrs* list) const { freeifaddrs(list); }
};

}  // namespace

std::optional<std::vector<MachineAddress>> machine_addresses() {
  ifaddrs* first = nullptr;
  if (getifaddrs(&first) != 0) return std::nullopt;
  const std::unique_ptr<ifaddrs, FreeList> list(first);
  std::vector<MachineAddress> found;
  for (const ifaddrs* one = list.get(); one != nullptr; one = one->ifa_next) {
    const sockaddr* address = one->ifa_addr;
    if (address == nullptr || (address->sa_family != AF_INET && address->sa_family != AF_INET6)) continue;
    const SocketAddress with_port = SocketAddress::from_sockaddr(address);
    found.push_back({SocketAddress(with_port.ip(), 0), one->ifa_name, (one->ifa_flags & IFF_LOOPBACK) != 0});
  }
  return found;
}

}  // namespace quicrx
