// SPDX-License-Identifier: MIT
/// Two workers in threads of their own. Also built with ThreadSanitizer, which sees what must not be there.
#include <gtest/gtest.h>
#include <poll.h>

#include <atomic>
#include <memory>
#include <thread>

#include "engine/mailbox.h"
#include "handoff_worker.h"

namespace quicrx {
namespace {

using test::HandoffPair;
using test::HandoffWorker;
using H = HandoffCounter;

constexpr std::uint64_t kDatagrams = 100'000;  // each way
constexpr int kTooLongMilliseconds = 5'000;

/// Forwards all it receives, and checks the order of what it is handed. Sleeps when it has nothing to do.
class Talker {
 public:
  Talker(HandoffWorker& worker, WorkerNumber to) : worker_(worker), to_(to) {}

  /// Until so many were received here, and all that the other side forwarded has come.
  void run(const std::atomic<bool>& other_done, std::atomic<bool>& done) {
    while (true) {
      worker_.handoff.collect();
      const bool sent = send();
      worker_.handoff.publish();
      const bool last = other_done.load(std::memory_order_acquire);
      const bool got = take();
      if (next_ == kDatagrams && !done.exchange(true, std::memory_order_acq_rel)) (void)other_->wake();
      if (last && !got && next_ == kDatagrams) return;
      if (!sent && !got) sleep();
    }
  }
  void wakes(Waker& other) { other_ = &other; }

  std::uint64_t taken = 0;
  bool in_order = true;

 private:
  bool send() {
    bool sent = false;
    for (int i = 0; i < 7 && next_ < kDatagrams; ++i) {
      auto datagram = worker_.receive(next_);
      if (!datagram) break;
      worker_.handoff.forward(std::move(*datagram), to_, Clock::now());
      ++next_;
      sent = true;
    }
    return sent;
  }
  bool take() {
    std::array<Datagram, 5> batch;
    const std::size_t count = worker_.handoff.take(batch, Clock::now());
    for (std::size_t i = 0; i < count; ++i) {
      const std::uint64_t content = HandoffWorker::content_of(batch[i]);
      in_order = in_order && (taken == 0 || content > last_);
      last_ = content;
      ++taken;
    }
    return count > 0;
  }
  void sleep() {
    worker_.waker.announce_sleep();
    if (worker_.handoff.pending()) {
      worker_.waker.end_sleep(false);
      return;
    }
    // Frames that come back wake nobody: with all of them away it looks again soon.
    pollfd polled{.fd = worker_.waker.descriptor(), .events = POLLIN, .revents = 0};
    worker_.waker.end_sleep(poll(&polled, 1, worker_.handoff.away() > 0 ? 1 : 20) > 0);
  }

  HandoffWorker& worker_;
  WorkerNumber to_;
  Waker* other_ = nullptr;
  std::uint64_t next_ = 0;
  std::uint64_t last_ = 0;
};

TEST(HandoffThreads, LoseNothingUncountedAndHoldNothingAtRest) {
  for (const std::uint32_t limit : {1u, 3u, 30u}) {
    HandoffPair pair(32, limit);
    Talker one(pair.workers[0], 1), other(pair.workers[1], 0);
    one.wakes(pair.workers[1].waker);
    other.wakes(pair.workers[0].waker);
    std::atomic<bool> one_done{false}, other_done{false};
    std::thread thread([&] {
      pair.workers[1].pool.adopt();
      other.run(one_done, other_done);
    });
    one.run(other_done, one_done);
    thread.join();
    for (HandoffWorker& worker : pair.workers) {
      worker.handoff.collect();
      EXPECT_EQ(worker.counters.get(H::out) + worker.counters.get(H::drop_full), kDatagrams);
      EXPECT_EQ(worker.handoff.away(), 0u);
      EXPECT_EQ(worker.pool.count().free, 32u);
      EXPECT_EQ(worker.pool_counters.get(PoolCounter::released_twice), 0u);
    }
    EXPECT_EQ(one.taken, pair.workers[1].counters.get(H::out));
    EXPECT_EQ(other.taken, pair.workers[0].counters.get(H::out));
    EXPECT_TRUE(one.in_order && other.in_order);
  }
}

/// One datagram there, one back, each side asleep until it comes: a wake-up that is lost would hang.
TEST(HandoffThreads, NoWakeUpIsLost) {
  constexpr int kRounds = 20'000;
  HandoffPair pair(8, 4);
  std::atomic<bool> lost{false};
  const auto play = [&](WorkerNumber self, bool begins) {
    HandoffWorker& worker = pair.workers[self];
    worker.pool.adopt();
    const auto send = [&] {
      worker.handoff.collect();
      if (auto datagram = worker.receive(1))
        worker.handoff.forward(std::move(*datagram), static_cast<WorkerNumber>(1 - self), Clock::now());
      worker.handoff.publish();
    };
    if (begins) send();
    for (int round = 0; round < kRounds && !lost; ++round) {
      std::array<Datagram, 1> taken;
      while (worker.handoff.take(taken, Clock::now()) == 0 && !lost) {
        worker.waker.announce_sleep();
        const int wait = worker.handoff.pending() ? 0 : kTooLongMilliseconds;
        pollfd polled{.fd = worker.waker.descriptor(), .events = POLLIN, .revents = 0};
        const int found = poll(&polled, 1, wait);
        worker.waker.end_sleep(found > 0);
        if (found == 0 && wait > 0) lost = true;
      }
      taken[0].frame = Frame();
      if (!begins || round + 1 < kRounds) send();
    }
  };
  std::thread thread([&] { play(1, false); });
  play(0, true);
  thread.join();
  EXPECT_FALSE(lost);
}

/// What is taken is always something, and the last that was put is taken.
TEST(HandoffThreads, AMailboxIsNeverFullOfNothing) {
  Mailbox<std::shared_ptr<const int>> mailbox;
  constexpr int kLast = 100'000;
  std::thread thread([&] {
    for (int i = 1; i <= kLast; ++i) mailbox.put(std::make_shared<const int>(i));
  });
  for (int seen = 0; seen != kLast;) {
    const auto taken = mailbox.take();
    if (!taken) continue;
    ASSERT_NE(*taken, nullptr);
    ASSERT_GT(**taken, seen);
    seen = **taken;
  }
  thread.join();
  EXPECT_FALSE(mailbox.take());
}

}  // namespace
}  // namespace quicrx
