// SPDX-License-Identifier: MIT
#include "port/io_ring.h"

#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

namespace quicrx {
namespace {

tl::unexpected<Error> open_failure(int error) {
  switch (error) {
    case ENOSYS:
      return fail(ErrorKind::unsupported, "this kernel has no io_uring; let the sockets use system calls");
    case EINVAL:
      return fail(ErrorKind::unsupported,
                  "this kernel's io_uring is too old: Linux 6.0 is needed; let the sockets use system calls");
    case EPERM:
    case EACCES:
      return fail(ErrorKind::permission,
                  "io_uring is forbidden here ('sysctl kernel.io_uring_disabled', or a container's seccomp "
                  "filter): allow it, or let the sockets use system calls");
    default:
      return fail(ErrorKind::failure, std::string("cannot set up io_uring: ") + std::strerror(error));
  }
}

}  // namespace

Result<IoRing> IoRing::open(unsigned requests, unsigned completions) {
  io_uring_params params{};
  params.flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_COOP_TASKRUN | IORING_SETUP_TASKRUN_FLAG |
                 IORING_SETUP_R_DISABLED | IORING_SETUP_CQSIZE | IORING_SETUP_SUBMIT_ALL;
  params.cq_entries = completions;
  IoRing ring;
  const int result = io_uring_queue_init_params(requests, &ring.ring_, &params);
  if (result < 0) return open_failure(-result);
  ring.open_ = true;
  return ring;
}

Result<void> IoRing::enable() {
  // liburing 2.3 has a function for this, but its library does not export it.
  if (syscall(SYS_io_uring_register, descriptor(), IORING_REGISTER_ENABLE_RINGS, nullptr, 0) == 0) return {};
  return fail(ErrorKind::failure, std::string("cannot enable io_uring: ") + std::strerror(errno));
}

std::optional<IoRing::Completion> IoRing::take() {
  if (io_uring_cq_ready(&ring_) == 0) return std::nullopt;
  const io_uring_cqe& next = ring_.cq.cqes[*ring_.cq.khead & *ring_.cq.kring_mask];
  const Completion completion{next.user_data, next.res, next.flags};
  io_uring_cq_advance(&ring_, 1);
  return completion;
}

void IoRing::cancel_all() {
  io_uring_sqe* request = prepare();
  if (request == nullptr) return;
  io_uring_prep_cancel64(request, 0, IORING_ASYNC_CANCEL_ANY | IORING_ASYNC_CANCEL_ALL);
  request->flags |= IOSQE_CQE_SKIP_SUCCESS;
  request->user_data = ~std::uint64_t{0};
}

void IoRing::wait_a_moment() const {
  pollfd polled{descriptor(), POLLIN, 0};
  poll(&polled, 1, 1);
}

}  // namespace quicrx
