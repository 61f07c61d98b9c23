// SPDX-License-Identifier: MIT
#include "engine/waker.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>

namespace quicrx {

Result<Waker> Waker::create() {
  Descriptor event(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
  if (!event) return fail(ErrorKind::failure, std::string("cannot make an eventfd: ") + std::strerror(errno));
  return Waker(std::move(event));
}

bool Waker::wake() {
  // Read-modify-writes on both sides: whichever is later sees what was published before the earlier.
  if (!asleep_.exchange(false, std::memory_order_acq_rel)) return false;
  const std::uint64_t one = 1;
  return write(event_.get(), &one, sizeof(one)) == sizeof(one);
}

void Waker::end_sleep(bool woken) {
  asleep_.exchange(false, std::memory_order_acq_rel);
  std::uint64_t count = 0;
  // Nothing to read: another look has taken it.
  if (woken && read(event_.get(), &count, sizeof(count)) < 0) return;
}

}  // namespace quicrx
