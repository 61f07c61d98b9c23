// SPDX-License-Identifier: MIT
#include "library/setup_lock.h"

#include <fcntl.h>
#include <sys/file.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <string>
#include <thread>

namespace quicrx {

Result<SetupLock> SetupLock::take() {
  constexpr const char* kFile = "/run/quicrx.lock";
  constexpr int kTries = 500;
  constexpr std::chrono::milliseconds kPause{10};
  Descriptor file(open(kFile, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!file)
    return fail(ErrorKind::permission, std::string("cannot open ") + kFile + ": " + std::strerror(errno));
  for (int tried = 1; flock(file.get(), LOCK_EX | LOCK_NB) != 0; ++tried) {
    if (tried == kTries)
      return fail(ErrorKind::busy, "another quicrx is loading or unloading an XDP program; try again");
    std::this_thread::sleep_for(kPause);
  }
  return SetupLock(std::move(file));
}

}  // namespace quicrx
