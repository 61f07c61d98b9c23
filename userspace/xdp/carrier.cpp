// SPDX-License-Identifier: MIT
#include "xdp/carrier.h"

#include <poll.h>

namespace quicrx {
namespace {

constexpr int kPauseMilliseconds = 10;

}  // namespace

bool CarrierWatch::wait(std::chrono::milliseconds longest, int stop) const {
  if (!had_) return true;
  const auto limit = std::chrono::steady_clock::now() + longest;
  while (!has_carrier()) {
    if (std::chrono::steady_clock::now() > limit) return false;
    pollfd stopped{stop, POLLIN, 0};
    if (poll(&stopped, 1, kPauseMilliseconds) > 0) return false;
  }
  return true;
}

}  // namespace quicrx
