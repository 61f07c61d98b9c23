// SPDX-License-Identifier: MIT
#include "net/bind_patiently.h"

#include <cerrno>
#include <chrono>
#include <thread>

namespace quicrx {

int bind_patiently(int socket, const sockaddr* address, socklen_t bytes, int busy) {
  constexpr int kTries = 200;
  constexpr std::chrono::milliseconds kPause{10};
  for (int tried = 1;; ++tried) {
    if (::bind(socket, address, bytes) == 0) return 0;
    if (errno != busy || tried == kTries) return errno;
    std::this_thread::sleep_for(kPause);
  }
}

}  // namespace quicrx
