// SPDX-License-Identifier: MIT
#include "xdp/interface.h"

#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "frame/descriptor.h"

namespace quicrx {
namespace {

/// Asks about one interface by ioctl. /sys is not asked: it shows the namespace it was mounted in.
class InterfaceQuery {
 public:
  explicit InterfaceQuery(const std::string& name)
      : socket_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    name.copy(request_.ifr_name, sizeof(request_.ifr_name) - 1);
  }

  bool ask(unsigned long what) { return ioctl(socket_.get(), what, &request_) == 0; }

  /// ethtool's answer to `command`; all zeros when the driver has none.
  template <typename Answer>
  Answer ethtool(std::uint32_t command) {
    Answer answer{};
    answer.cmd = command;
    request_.ifr_data = reinterpret_cast<char*>(&answer);
    if (!ask(SIOCETHTOOL)) return Answer{};
    return answer;
  }

  [[nodiscard]] const ifreq& request() const { return request_; }

 private:
  Descriptor socket_;
  ifreq request_{};
};

}  // namespace

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
  const auto channels = query.ethtool<ethtool_channels>(ETHTOOL_GCHANNELS);
  found.receive_queues = std::max(1u, channels.rx_count + channels.combined_count);
  found.transmit_queues = std::max(1u, channels.tx_count + channels.combined_count);
  found.possible_queues = std::max(found.receive_queues, channels.max_rx + channels.max_combined);
  found.receive_ring_frames = query.ethtool<ethtool_ringparam>(ETHTOOL_GRINGPARAM).rx_pending;
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
