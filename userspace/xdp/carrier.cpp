// SPDX-License-Identifier: MIT
#include "xdp/carrier.h"

#include <thread>

#include "xdp/interface_query.h"

namespace quicrx {
namespace {

constexpr std::chrono::milliseconds kPause{10};

}  // namespace

bool has_carrier(const Interface& interface) {
  InterfaceQuery query(interface.name);
  return query.ask(SIOCGIFFLAGS) && (query.request().ifr_flags & IFF_RUNNING) != 0;
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
