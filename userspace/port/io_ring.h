// SPDX-License-Identifier: MIT
#pragma once

#include <liburing.h>

#include <cstdint>
#include <optional>
#include <utility>

#include "quicrx/result.h"

namespace quicrx {

/// An io_uring for one thread, the one that enables it: the kernel works for it while that thread is in any
/// system call, and does not interrupt it (IORING_SETUP_COOP_TASKRUN, io_uring_setup(2)). With
/// IORING_SETUP_DEFER_TASKRUN it would do so when asked alone, but then poll(2) does not wake up for what
/// arrives (seen on Linux 6.18).
class IoRing {
 public:
  /// What the kernel says of a request.
  struct Completion {
    std::uint64_t request = 0;  ///< its user_data
    std::int32_t result = 0;    ///< as the system call's; negative: errno
    std::uint32_t flags = 0;    ///< IORING_CQE_F_...
  };

  /// Room for so many requests that are prepared, and for so many completions that are not read.
  static Result<IoRing> open(unsigned requests, unsigned completions);

  IoRing() = default;
  IoRing(IoRing&& other) noexcept { swap(other); }
  IoRing& operator=(IoRing&& other) noexcept {
    IoRing taken(std::move(other));
    swap(taken);
    return *this;
  }
  ~IoRing() {
    if (open_) io_uring_queue_exit(&ring_);
  }

  /// The calling thread's from now on.
  Result<void> enable();

  [[nodiscard]] io_uring* get() { return &ring_; }
  /// Readable when there is something to take().
  [[nodiscard]] int descriptor() const { return ring_.ring_fd; }

  /// A request to be filled in; null when there are as many as the ring has room for.
  [[nodiscard]] io_uring_sqe* prepare() { return io_uring_get_sqe(&ring_); }
  [[nodiscard]] bool unsubmitted() const { return io_uring_sq_ready(&ring_) > 0; }
  /// Hands over what was prepared; what the kernel did not take stays. False when it took nothing.
  bool submit() { return io_uring_submit(&ring_) > 0; }

  /// Whether collect() or take() has something to do.
  [[nodiscard]] bool has_work() const { return io_uring_cq_ready(&ring_) > 0 || must_ask(); }
  /// Has the kernel finish what it is ready for; false when there is no such thing, which costs no call.
  bool collect() { return must_ask() && io_uring_get_events(&ring_) >= 0; }
  [[nodiscard]] std::optional<Completion> take();

  /// Asks for an early end of all requests. It has no completion.
  void cancel_all();
  /// Sleeps until there may be something to take, but not for long.
  void wait_a_moment() const;

 private:
  [[nodiscard]] bool must_ask() const {
    return (IO_URING_READ_ONCE(*ring_.sq.kflags) & (IORING_SQ_TASKRUN | IORING_SQ_CQ_OVERFLOW)) != 0;
  }
  void swap(IoRing& other) noexcept {
    std::swap(ring_, other.ring_);
    std::swap(open_, other.open_);
  }

  io_uring ring_{};
  bool open_ = false;
};

}  // namespace quicrx
