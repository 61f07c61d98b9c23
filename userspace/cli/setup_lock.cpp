// SPDX-License-Identifier: MIT
#include "cli/setup_lock.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstring>
#include <string>
#include <thread>

namespace quicrx::cli {

Result<SetupLock> SetupLock::take(const Interface& interface) {
  constexpr int kTries = 500;
  constexpr std::chrono::milliseconds kPause{10};
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  // Names that begin with a zero byte are of the network namespace, as interface names are (unix(7)).
  const std::string name = std::string(1, '\0') + "quicrx/" + interface.name;
  name.copy(address.sun_path, sizeof(address.sun_path));
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
  Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  for (int tried = 1; bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), size) != 0; ++tried) {
    if (errno != EADDRINUSE)
      return fail(ErrorKind::failure,
                  interface.name + ": cannot take the set-up lock: " + std::strerror(errno));
    if (tried == kTries)
      return fail(ErrorKind::busy, interface.name + ": another quicrx is loading or unloading; try again");
    std::this_thread::sleep_for(kPause);
  }
  return SetupLock(std::move(socket));
}

}  // namespace quicrx::cli
