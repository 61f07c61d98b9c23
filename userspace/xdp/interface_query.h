// SPDX-License-Identifier: MIT
#pragma once

#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cstdint>
#include <string>

#include "frame/descriptor.h"

namespace quicrx {

/// Asks about one interface by ioctl. /sys is not asked: it shows the namespace it was mounted in.
class InterfaceQuery {
 public:
  explicit InterfaceQuery(const std::string& name)
      : socket_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    name.copy(request_.ifr_name, sizeof(request_.ifr_name) - 1);
  }

  bool ask(unsigned long what) { return ioctl(socket_.get(), what, &request_) == 0; }

  /// The same, for what is told through a structure of its own.
  bool ask(unsigned long what, void* answer) {
    request_.ifr_data = static_cast<char*>(answer);
    return ask(what);
  }

  /// Has ethtool answer `command`; false when the driver has none.
  template <typename Answer>
  bool ethtool(std::uint32_t command, Answer& answer) {
    answer.cmd = command;
    return ask(SIOCETHTOOL, &answer);
  }

  /// All zeros when the driver has no answer.
  template <typename Answer>
  Answer ethtool(std::uint32_t command) {
    Answer answer{};
    return ethtool(command, answer) ? answer : Answer{};
  }

  [[nodiscard]] const ifreq& request() const { return request_; }

 private:
  Descriptor socket_;
  ifreq request_{};
};

}  // namespace quicrx
