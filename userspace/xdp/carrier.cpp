// SPDX-License-Identifier: MIT
#include "xdp/carrier.h"

#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <thread>

#include "frame/descriptor.h"

namespace quicrx {
namespace {

constexpr std::chrono::milliseconds kPause{10};

}  // namespace

bool has_carrier(const Interface& interface) {
  const Descriptor socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ifreq request{};
  interface.name.copy(request.ifr_name, sizeof(request.ifr_name) - 1);
  return ioctl(socket.get(), SIOCGIFFLAGS, &request) == 0 && (request.ifr_flags & IFF_RUNNING) != 0;
}

bool CarrierWatch::wait() const {
  if (!had_) return true;
  const auto limit = std::chrono::steady_clock::now() + kLongest;
  while (!has_carrier(interface_)) {
    if (std::chrono::steady_clock::now() > limit) return false;
    std::this_thread::sleep_for(kPause);
  }
  return true;
}

}  // namespace quicrx
