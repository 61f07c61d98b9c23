// SPDX-License-Identifier: MIT
#include "quic/backdated_clock.h"

#include <ctime>
#include <mutex>

extern "C" [[gnu::weak]] void _gnutls_global_set_gettime_function(void (*read)(timespec*));

namespace quicrx {
namespace {

constexpr std::time_t kSeconds = 2;

thread_local bool dated_back = false;

void read_clock(timespec* now) {
  clock_gettime(CLOCK_REALTIME, now);
  if (dated_back) now->tv_sec -= kSeconds;
}

}  // namespace

void BackdatedClock::install() {
  static std::once_flag once;
  std::call_once(once, [] {
    if (_gnutls_global_set_gettime_function != nullptr) _gnutls_global_set_gettime_function(read_clock);
  });
}

BackdatedClock::BackdatedClock() {
  dated_back = true;
}

BackdatedClock::~BackdatedClock() {
  dated_back = false;
}

}  // namespace quicrx
