// SPDX-License-Identifier: MIT
#include "xdp/interface.h"

#include <net/if.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "xdp/interface_query.h"

namespace quicrx {

Result<Interface> find_interface(std::string_view name) {
  Interface found;
  found.name = name;
  if (!name.empty() && name.size() < IFNAMSIZ) found.index = if_nametoindex(found.name.c_str());
  if (found.index == 0)
    return fail(ErrorKind::not_found, found.name + ": no such interface; 'ip link' lists them");

  struct stat status {};
  if (stat("/proc/self/ns/net", &status) != 0)
    return fail(ErrorKind::failure, std::string("cannot read /proc/self/ns/net: ") + std::strerror(errno));
  found.namespace_id = status.st_ino;

  InterfaceQuery query(found.name);
  if (!query.ask(SIOCGIFMTU))
    return fail(ErrorKind::failure, found.name + ": cannot read the MTU: " + std::strerror(errno));
  found.mtu = static_cast<unsigned>(query.request().ifr_mtu);

  if (!query.ask(SIOCGIFHWADDR))
    return fail(ErrorKind::failure, found.name + ": cannot read the MAC address: " + std::strerror(errno));
  std::memcpy(found.mac.data(), query.request().ifr_hwaddr.sa_data, found.mac.size());

  const auto driver = query.ethtool<ethtool_drvinfo>(ETHTOOL_GDRVINFO);
  found.driver.assign(driver.driver, strnlen(driver.driver, sizeof(driver.driver)));
  found.bus.assign(driver.bus_info, strnlen(driver.bus_info, sizeof(driver.bus_info)));
  const auto channels = query.ethtool<ethtool_channels>(ETHTOOL_GCHANNELS);
  found.receive_queues = std::max(1u, channels.rx_count + channels.combined_count);
  found.possible_queues = std::max({found.receive_queues, channels.max_rx, channels.max_combined});
  found.combined_channels = channels.max_combined > 0;
  const auto rings = query.ethtool<ethtool_ringparam>(ETHTOOL_GRINGPARAM);
  found.receive_ring_frames = rings.rx_pending;
  found.possible_ring_frames = rings.rx_max_pending;
  return found;
}

std::vector<std::string> interface_names() {
  std::vector<std::string> names;
  struct if_nameindex* list = if_nameindex();
  for (const auto* entry = list; entry != nullptr && entry->if_index != 0; ++entry)
    names.emplace_back(entry->if_name);
  if_freenameindex(list);
  return names;
}

}  // namespace quicrx
