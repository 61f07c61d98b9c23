// SPDX-License-Identifier: MIT
#include "quic/backdated_clock.h"

#include <ctime>

extern "C" [[gnu::weak]] void _gnutls_global_set_gettime_function(void (*read)(timespec*));

namespace quicrx {
namespace {

constexpr std::time_t kSeconds = 2;

void read_clock(timespec* now) {
  clock_gettime(CLOCK_REALTIME, now);
}

void read_earlier(timespec* now) {
  clock_gettime(CLOCK_REALTIME, now);
  now->tv_sec -= kSeconds;
}

void set(void (*read)(timespec*)) {
  if (_gnutls_global_set_gettime_function != nullptr) _gnutls_global_set_gettime_function(read);
}

}  // namespace

BackdatedClock::BackdatedClock() {
  set(read_earlier);
}

BackdatedClock::~BackdatedClock() {
  set(read_clock);
}

}  // namespace quicrx
