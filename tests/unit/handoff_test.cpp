// SPDX-License-Identifier: MIT
#include "engine/handoff.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <numeric>
#include <random>

#include "engine/drain_group.h"
#include "handoff_worker.h"

namespace quicrx {
namespace {

using std::chrono::microseconds;
using test::HandoffPair;
using test::HandoffWorker;
using H = HandoffCounter;

constexpr Timestamp kNow{std::chrono::seconds(1000)};

TEST(SpscRing, IsFullAndEmptyAlsoWhereItsIndicesWrap) {
  for (const std::uint32_t first : {0u, 1u, std::numeric_limits<std::uint32_t>::max() - 2, 0x7ffffffeu}) {
    SpscRing<int> ring(4, first);
    int value = 0;
    for (int round = 0; round < 5; ++round) {
      EXPECT_TRUE(ring.empty());
      EXPECT_FALSE(ring.take(value));
      for (int i = 0; i < 4; ++i) EXPECT_TRUE(ring.put(10 * round + i));
      EXPECT_FALSE(ring.put(99)) << "full";
      EXPECT_TRUE(ring.empty()) << "nothing is seen before it is published";
      ring.publish();
      for (int i = 0; i < 4; ++i) {
        ASSERT_TRUE(ring.take(value));
        EXPECT_EQ(value, 10 * round + i);
      }
    }
  }
}

TEST(SpscRing, RoundsItsCapacityUp) {
  SpscRing<int> ring(5);
  for (int i = 0; i < 8; ++i) EXPECT_TRUE(ring.put(i));
  EXPECT_FALSE(ring.put(8));
}

TEST(LatencyHistogram, HasPowersOfTwoOfAMicrosecond) {
  LatencyHistogram histogram;
  histogram.add(microseconds(3));
  EXPECT_EQ(histogram.count(2), 1u);
}

/// The owner reads the very bytes that the origin received, and everything about them arrives.
TEST(Handoff, CopiesNothing) {
  HandoffPair pair(8, 4);
  auto& [origin, owner] = pair.workers;
  auto datagram = origin.receive(42);
  const std::uint8_t* bytes = datagram->frame.payload().data();
  origin.handoff.forward(std::move(*datagram), 1, kNow);
  std::array<Datagram, 4> taken;
  EXPECT_EQ(owner.handoff.take(taken, kNow), 0u) << "not published yet";
  origin.handoff.publish();
  EXPECT_TRUE(owner.handoff.pending());
  ASSERT_EQ(owner.handoff.take(taken, kNow + microseconds(3)), 1u);
  EXPECT_EQ(taken[0].frame.payload().data(), bytes);
  EXPECT_EQ(taken[0].frame.payload().size(), sizeof(std::uint64_t));
  EXPECT_EQ(taken[0].ecn, Ecn::ce);
  EXPECT_EQ(taken[0].arrival, Timestamp(std::chrono::seconds(7)));
  EXPECT_EQ(taken[0].flow_hash, 99u);
  EXPECT_EQ(taken[0].path.link.vlan_count, 1);
  EXPECT_EQ(owner.latency.count(2), 1u);
  EXPECT_EQ(origin.handoff.away(), 1u);
  EXPECT_EQ(origin.pool.count().held, 1u);

  taken[0].frame = Frame();
  origin.handoff.collect();
  EXPECT_EQ(origin.handoff.away(), 0u);
  EXPECT_EQ(origin.pool.count().free, 8u);
  EXPECT_EQ(origin.counters.get(H::out), 1u);
  EXPECT_EQ(owner.counters.get(H::in), 1u);
}

/// A slow owner cannot hold more than its share of the origin's frames; the rest is lost, counted, and back.
TEST(Handoff, BoundsWhatASlowOwnerHolds) {
  HandoffPair pair(8, 4);
  auto& [origin, owner] = pair.workers;
  for (std::uint64_t i = 0; i < 7; ++i) origin.handoff.forward(std::move(*origin.receive(i)), 1, kNow);
  origin.handoff.publish();
  EXPECT_EQ(origin.counters.get(H::out), 4u);
  EXPECT_EQ(origin.counters.get(H::drop_full), 3u);
  EXPECT_EQ(origin.pool.count().held, 4u);
  std::array<Datagram, 8> taken;
  ASSERT_EQ(owner.handoff.take(taken, kNow), 4u);
  origin.handoff.forward(std::move(*origin.receive(7)), 1, kNow);
  EXPECT_EQ(origin.counters.get(H::drop_full), 4u) << "taken is not yet given back";
  taken = {};
  origin.handoff.collect();
  origin.handoff.forward(std::move(*origin.receive(8)), 1, kNow);
  EXPECT_EQ(origin.counters.get(H::out), 5u);
}

TEST(Handoff, ALaneHoldsNoMoreThanItsCapacity) {
  HandoffWorker origin(0, 8), owner(1, 8);
  AwayFrames away({{origin.pool, 8}}, 1);
  HandoffLane lane(away, 2);
  for (std::uint64_t i = 0; i < 2; ++i) EXPECT_TRUE(lane.put(std::move(*origin.receive(i)), kNow));
  EXPECT_FALSE(lane.put(std::move(*origin.receive(2)), kNow));
  EXPECT_EQ(origin.pool.count().held, 2u);
}

/// What one has under way again, all wait for.
TEST(DrainGroup, IsDrainedWhenAllAreAtOnce) {
  DrainGroup group(2);
  DrainGroup::Member one(group), other(group);
  one.update(true);
  one.update(true);
  EXPECT_FALSE(group.drained());
  one.update(false);
  other.update(true);
  EXPECT_FALSE(group.drained());
  one.update(true);
  EXPECT_TRUE(group.drained());
}

/// However many lanes there are, and however slow all owners: half of each pool stays.
TEST(AwayFrames, KeepHalfOfAPoolAtHome) {
  for (const std::size_t peers : {1u, 2u, 3u, 40u, 100u}) {
    HandoffWorker origin(0, 64);
    AwayFrames away({{origin.pool, 32}}, peers);
    std::vector<std::uint32_t> lanes(peers);
    for (int round = 0; round < 64; ++round)
      for (std::uint32_t& lane : lanes)
        if (away.may_go(0, lane)) {
          away.go(0);
          ++lane;
        }
    const std::uint32_t all = std::accumulate(lanes.begin(), lanes.end(), 0u);
    EXPECT_LE(all, 32u) << peers;
    EXPECT_GE(all, 28u) << peers << " lanes get what they may have";
  }
}

/// One slow owner of many cannot take all that may be away: it leaves as much as it has.
TEST(AwayFrames, LeaveSomeToTheOtherLanes) {
  HandoffWorker origin(0, 64);
  AwayFrames away({{origin.pool, 32}}, 63);
  std::uint32_t greedy = 0;
  for (; away.may_go(0, greedy); ++greedy) away.go(0);
  EXPECT_EQ(greedy, 17u);
  EXPECT_TRUE(away.may_go(0, 0));
  away.come_back(0);
  EXPECT_TRUE(away.may_go(0, greedy - 1));
}

TEST(AwayFrames, CountEachPoolByItself) {
  HandoffWorker origin(0, 8), other(1, 8);  // two pools
  AwayFrames away({{origin.pool, 1}, {other.pool, 1}}, 1);
  HandoffLane lane(away, 8);
  EXPECT_TRUE(lane.put(std::move(*origin.receive(1)), kNow));
  EXPECT_FALSE(lane.put(std::move(*origin.receive(2)), kNow));
  auto second = other.receive(3);
  const std::uint8_t* bytes = second->frame.payload().data();
  EXPECT_TRUE(lane.put(std::move(*second), kNow));
  lane.publish();
  std::array<Datagram, 2> taken;
  LatencyHistogram latency;
  ASSERT_EQ(lane.take(taken, latency, kNow), 2u);
  EXPECT_EQ(taken[1].frame.payload().data(), bytes);
  taken = {};
  lane.collect();
  EXPECT_EQ(lane.away(), 0u);
  EXPECT_EQ(other.pool.count().free, 8u);
  EXPECT_TRUE(lane.put(std::move(*other.receive(4)), kNow));
}

TEST(Handoff, DropsWhatIsForNobody) {
  HandoffPair pair(8, 4);
  HandoffWorker& origin = pair.workers[0];
  origin.handoff.forward(std::move(*origin.receive(1)), 0, kNow);  // itself
  origin.handoff.forward(std::move(*origin.receive(2)), 2, kNow);
  EXPECT_EQ(origin.counters.get(H::drop_full), 2u);
  EXPECT_EQ(origin.pool.count().free, 8u);
}

TEST(Handoff, TakesNoFrameOfAPoolThatIsNotItsOrigins) {
  HandoffPair pair(8, 4);
  auto& [origin, owner] = pair.workers;
  origin.handoff.forward(std::move(*owner.receive(1)), 1, kNow);
  EXPECT_EQ(origin.counters.get(H::drop_full), 1u);
  EXPECT_EQ(owner.pool.count().free, 8u);
}

/// Invariant 4 over two pools: one worker's tag means nothing to the other, though the frames have the same
/// index and generation; and a tag that comes back twice is refused by its pool.
TEST(Handoff, RefusesForeignAndRepeatedTags) {
  HandoffPair pair(8, 4);
  auto& [origin, owner] = pair.workers;
  auto ours = origin.receive(1), theirs = owner.receive(2);
  ASSERT_EQ(ours->frame.tag().index(), theirs->frame.tag().index());
  EXPECT_EQ(origin.pool.release(theirs->frame.tag()), Release::foreign);
  const Tag tag = ours->frame.tag();
  origin.handoff.forward(std::move(*ours), 1, kNow);
  origin.handoff.publish();
  std::array<Datagram, 1> taken;
  ASSERT_EQ(owner.handoff.take(taken, kNow), 1u);
  taken[0].frame = Frame();
  pair.lanes[0].release(tag);
  origin.handoff.collect();
  EXPECT_EQ(origin.handoff.away(), 0u);
  EXPECT_EQ(origin.pool_counters.get(PoolCounter::released_twice), 1u);
  EXPECT_EQ(origin.pool.count().free, 8u);
}

TEST(Handoff, AnswersBySocketWhatCameByAnotherInterface) {
  HandoffPair pair(8, 4);
  auto& [origin, owner] = pair.workers;
  owner.handoff.connect({{&pair.lanes[1], &pair.lanes[0], &origin.waker, 17}, {}});
  origin.handoff.forward(std::move(*origin.receive(1)), 1, kNow);
  origin.handoff.publish();
  std::array<Datagram, 1> taken;
  ASSERT_EQ(owner.handoff.take(taken, kNow), 1u);
  EXPECT_EQ(taken[0].path.port, PortId::socket4);
  EXPECT_EQ(taken[0].path.link.interface, 17u);
}

TEST(Handoff, WakesASleeperOnceABatch) {
  HandoffPair pair(8, 4);
  HandoffWorker& origin = pair.workers[0];
  HandoffWorker& owner = pair.workers[1];
  const auto forward = [&](std::uint64_t content) {
    origin.handoff.forward(std::move(*origin.receive(content)), 1, kNow);
  };
  forward(1);
  origin.handoff.publish();
  EXPECT_EQ(origin.counters.get(H::wakeups), 0u) << "it is awake";
  owner.waker.announce_sleep();
  forward(2);
  forward(3);
  origin.handoff.publish();
  origin.handoff.publish();
  EXPECT_EQ(origin.counters.get(H::wakeups), 1u);
}

/// Random interleavings of all that two workers do, beside a model that knows where each frame is. Counts are
/// right after every step.
class HandoffModel {
 public:
  explicit HandoffModel(unsigned seed)
      : random_(seed),
        pair_(kFrames, 1 + pick(kFrames), std::numeric_limits<std::uint32_t>::max() - pick(8)) {}

  void step() {
    const std::size_t who = pick(2);
    HandoffWorker& worker = pair_.workers[who];
    Side& side = sides_[who];
    switch (pick(6)) {
      case 0:
        if (auto datagram = worker.receive(next_)) {
          side.held.push_back(std::move(*datagram));
          side.contents.push_back(next_++);
        } else {
          EXPECT_EQ(side.held.size() + side.away, kFrames);
        }
        break;
      case 1:
        forward(who);
        break;
      case 2:
        worker.handoff.publish();
        side.published += std::exchange(side.put, 0);
        break;
      case 3:
        take(who);
        break;
      case 4:
        if (!side.taken.empty()) side.taken.erase(side.taken.begin() + pick(side.taken.size()));
        break;
      default:
        worker.handoff.collect();
        side.away -= sides_[1 - who].released();
    }
    check();
  }

  void settle() {
    for (int round = 0; round < 3; ++round)
      for (std::size_t who = 0; who < 2; ++who) {
        pair_.workers[who].handoff.publish();
        std::array<Datagram, kFrames> batch;
        pair_.workers[who].handoff.take(batch, kNow);
        batch = {};
        sides_[who].taken.clear();
        sides_[who].held.clear();
        pair_.workers[who].handoff.collect();
      }
    for (HandoffWorker& worker : pair_.workers) EXPECT_EQ(worker.pool.count().free, kFrames);
  }

 private:
  static constexpr std::size_t kFrames = 6;

  struct Side {
    std::deque<Datagram> held;            // received and not forwarded
    std::deque<std::uint64_t> contents;   // of those
    std::deque<std::uint64_t> under_way;  // forwarded by this side, in order
    std::vector<Datagram> taken;          // of the other side's
    std::size_t put = 0, published = 0, away = 0;
    std::size_t taken_in_all = 0, collected = 0;

    std::size_t released() {
      const std::size_t given_back = taken_in_all - taken.size() - collected;
      collected += given_back;
      return given_back;
    }
  };

  std::uint32_t pick(std::size_t below) { return static_cast<std::uint32_t>(random_() % below); }

  void forward(std::size_t who) {
    Side& side = sides_[who];
    if (side.held.empty()) return;
    HandoffWorker& worker = pair_.workers[who];
    const std::uint64_t before = worker.counters.get(H::out);
    worker.handoff.forward(std::move(side.held.front()), static_cast<WorkerNumber>(1 - who), kNow);
    side.held.pop_front();
    if (worker.counters.get(H::out) > before) {
      side.under_way.push_back(side.contents.front());
      ++side.put;
      ++side.away;
    }
    side.contents.pop_front();
  }

  void take(std::size_t who) {
    Side& other = sides_[1 - who];
    std::array<Datagram, 3> batch;
    const std::size_t count = pair_.workers[who].handoff.take(batch, kNow);
    EXPECT_EQ(count, std::min(batch.size(), other.published));
    other.published -= count;
    for (std::size_t i = 0; i < count; ++i) {
      EXPECT_EQ(HandoffWorker::content_of(batch[i]), other.under_way.front());
      other.under_way.pop_front();
      sides_[who].taken.push_back(std::move(batch[i]));
    }
    sides_[who].taken_in_all += count;
  }

  void check() {
    for (std::size_t who = 0; who < 2; ++who) {
      const FrameCounts counts = pair_.workers[who].pool.count();
      ASSERT_EQ(counts.total(), kFrames);
      // What the other let go is held until it is collected.
      ASSERT_EQ(counts.held, sides_[who].held.size() + sides_[who].away);
      ASSERT_EQ(pair_.workers[who].handoff.away(), sides_[who].away);
    }
  }

  std::mt19937 random_;
  HandoffPair pair_;
  std::array<Side, 2> sides_;
  std::uint64_t next_ = 1;
};

TEST(HandoffModel, CountsAreRightAfterEveryStep) {
  for (unsigned seed = 0; seed < 200; ++seed) {
    HandoffModel model(seed);
    for (int i = 0; i < 500; ++i) {
      model.step();
      ASSERT_FALSE(testing::Test::HasFailure()) << "seed " << seed << ", step " << i;
    }
    model.settle();
  }
}

}  // namespace
}  // namespace quicrx
