// SPDX-License-Identifier: MIT
#include "xdp/carrier.h"

#include <thread>

namespace quicrx {
namespace {

constexpr std::chrono::milliseconds kPause{10};

}  // namespace

bool CarrierWatch::wait(std::chrono::milliseconds longest) const {
  if (!had_) return true;
  const auto limit = std::chrono::steady_clock::now() + longest;
  while (!has_carrier()) {
    if (std::chrono::steady_clock::now() > limit) return false;
    std::this_thread::sleep_for(kPause);
  }
  return true;
}

}  // namespace quicrx
