// SPDX-License-Identifier: MIT
#include "frame/slab_pool.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <thread>
#include <vector>

namespace quicrx {
namespace {

constexpr PoolId kPool = 7;

struct Slab {
  explicit Slab(std::size_t frames, PoolId id = kPool)
      : memory(frames * 256), words(frames), pool({id, 256, 64}, memory, words, counters) {}

  std::vector<std::uint8_t> memory;
  std::vector<FrameWord> words;
  PoolCounters counters;
  SlabPool pool;
};

void expect_counts(const SlabPool& pool, FrameCounts want) {
  const FrameCounts have = pool.count();
  EXPECT_EQ(have.free, want.free);
  EXPECT_EQ(have.fill, want.fill);
  EXPECT_EQ(have.held, want.held);
  EXPECT_EQ(have.transmit, want.transmit);
  EXPECT_EQ(have.total(), pool.size());
}

TEST(Tag, CarriesPoolGenerationAndIndexThroughAnInteger) {
  const Tag tag(0xabcd, 0xfffffe, 0x123456);
  const Tag same = Tag::from_value(tag.value());
  EXPECT_EQ(same.pool(), 0xabcd);
  EXPECT_EQ(same.generation(), 0xfffffeu);
  EXPECT_EQ(same.index(), 0x123456u);
  EXPECT_NE(Tag(), Tag(0, 0, 0));
}

TEST(SlabPool, LendsEachFrameOnceAndTakesItBack) {
  Slab slab(3);
  std::vector<Frame> frames;
  while (auto frame = slab.pool.acquire()) frames.push_back(std::move(*frame));
  ASSERT_EQ(frames.size(), 3u);
  std::vector<std::uint8_t*> starts;
  for (const Frame& frame : frames) {
    EXPECT_EQ(frame.headroom().size(), 64u);
    EXPECT_EQ(frame.room().size(), 192u);
    starts.push_back(frame.headroom().data());
  }
  std::ranges::sort(starts);
  EXPECT_EQ(starts, (std::vector{slab.memory.data(), slab.memory.data() + 256, slab.memory.data() + 512}));
  expect_counts(slab.pool, {.held = 3});
  frames.clear();
  expect_counts(slab.pool, {.free = 3});
}

TEST(SlabPool, RefusesASecondReleaseAndCountsIt) {
  Slab slab(1);
  const Tag tag = slab.pool.acquire()->detach();
  EXPECT_EQ(slab.pool.release(tag), Release::released);
  EXPECT_EQ(slab.pool.release(tag), Release::twice);
  EXPECT_EQ(slab.counters.get(PoolCounter::released_twice), 1u);
  expect_counts(slab.pool, {.free = 1});
  EXPECT_TRUE(slab.pool.acquire()) << "the frame is in the pool once";
}

TEST(SlabPool, RefusesAStaleReleaseAndCountsIt) {
  Slab slab(1);
  const Tag old = slab.pool.acquire()->detach();
  slab.pool.release(old);
  auto present = slab.pool.acquire();
  EXPECT_EQ(slab.pool.release(old), Release::stale);
  EXPECT_EQ(slab.counters.get(PoolCounter::released_stale), 1u);
  expect_counts(slab.pool, {.held = 1});
}

TEST(SlabPool, RefusesForeignReleasesAndCountsThem) {
  Slab slab(1), other(1, kPool + 1);
  const Tag foreign = other.pool.acquire()->detach();
  EXPECT_EQ(slab.pool.release(foreign), Release::foreign);
  EXPECT_EQ(slab.pool.release(Tag(kPool, 0, 1)), Release::foreign) << "an index beyond the pool";
  EXPECT_EQ(slab.pool.release(Tag()), Release::foreign);
  EXPECT_EQ(slab.counters.get(PoolCounter::released_foreign), 3u);
  EXPECT_EQ(other.pool.release(foreign), Release::released);
}

TEST(SlabPool, ReleasesInBatchesAndTellsHowMany) {
  Slab slab(4);
  std::vector<Tag> tags;
  while (auto frame = slab.pool.acquire()) tags.push_back(frame->detach());
  tags.push_back(tags.front());
  EXPECT_EQ(slab.pool.release(tags), 4u);
  expect_counts(slab.pool, {.free = 4});
}

TEST(SlabPool, GenerationWrapsWithoutMistakingLoans) {
  Slab slab(1);
  slab.words[0] = frame_word(Tag::kGenerationMask, FrameState::free);
  const Tag last = slab.pool.acquire()->detach();
  EXPECT_EQ(last.generation(), Tag::kGenerationMask);
  EXPECT_EQ(slab.pool.release(last), Release::released);
  const Tag first = slab.pool.acquire()->detach();
  EXPECT_EQ(first.generation(), 0u);
  EXPECT_EQ(slab.pool.release(last), Release::stale);
  EXPECT_EQ(slab.pool.release(first), Release::released);
}

TEST(SlabPool, AFrameLentToTheKernelIsNotOursToRelease) {
  Slab slab(1);
  Frame frame = std::move(*slab.pool.acquire());
  const Tag tag = frame.detach();
  EXPECT_TRUE(slab.pool.lend_for_send(tag));
  expect_counts(slab.pool, {.transmit = 1});
  EXPECT_EQ(slab.pool.release(tag), Release::twice);
  EXPECT_FALSE(slab.pool.lend_for_send(tag));
  EXPECT_FALSE(slab.pool.acquire()) << "not reused before its completion";
  EXPECT_TRUE(slab.pool.take_completed(tag.index()));
  EXPECT_FALSE(slab.pool.take_completed(tag.index()));
  EXPECT_EQ(slab.counters.get(PoolCounter::bad_descriptor), 1u);
  expect_counts(slab.pool, {.free = 1});
}

TEST(SlabPool, ReceivesOnlyWhatItLent) {
  Slab slab(2);
  EXPECT_FALSE(slab.pool.take_received(0)) << "the kernel names a frame that it was not lent";
  EXPECT_FALSE(slab.pool.take_received(2)) << "no such frame";
  EXPECT_EQ(slab.counters.get(PoolCounter::bad_descriptor), 2u);
  const auto index = slab.pool.lend_for_receive();
  ASSERT_TRUE(index);
  expect_counts(slab.pool, {.free = 1, .fill = 1});
  {
    const auto frame = slab.pool.take_received(*index);
    ASSERT_TRUE(frame);
    expect_counts(slab.pool, {.free = 1, .held = 1});
  }
  expect_counts(slab.pool, {.free = 2});
}

TEST(SlabPool, TakesReleasesFromOtherThreads) {
  Slab slab(64);
  constexpr int kTurns = 2000;
  for (int turn = 0; turn < kTurns; ++turn) {
    std::vector<Frame> mine, theirs;
    while (auto frame = slab.pool.acquire())
      (mine.size() <= theirs.size() ? mine : theirs).push_back(std::move(*frame));
    ASSERT_EQ(mine.size() + theirs.size(), 64u);
    std::thread other([&] { theirs.clear(); });
    mine.clear();
    other.join();
  }
  expect_counts(slab.pool, {.free = 64});
}

TEST(SlabPool, OneOfManyReleasesOfATagWins) {
  Slab slab(1);
  for (int turn = 0; turn < 500; ++turn) {
    const Tag tag = slab.pool.acquire()->detach();
    std::atomic<int> won = 0;
    const auto release = [&] { won += slab.pool.release(tag) == Release::released ? 1 : 0; };
    std::thread one(release), two(release);
    one.join();
    two.join();
    ASSERT_EQ(won, 1);
    expect_counts(slab.pool, {.free = 1});
  }
}

TEST(SlabPool, StatesAddUpOverARandomWalk) {
  Slab slab(32);
  std::mt19937 random(1);
  std::vector<Frame> held;
  std::vector<FrameIndex> fill, transmit;
  const auto take = [&](auto& from) {
    std::swap(from[random() % from.size()], from.back());
    auto taken = std::move(from.back());
    from.pop_back();
    return taken;
  };
  for (int step = 0; step < 100'000; ++step) {
    switch (random() % 6) {
      case 0:
        if (auto frame = slab.pool.acquire()) held.push_back(std::move(*frame));
        break;
      case 1:
        if (auto index = slab.pool.lend_for_receive()) fill.push_back(*index);
        break;
      case 2:
        if (!fill.empty()) held.push_back(slab.pool.take_received(take(fill)));
        break;
      case 3:
        if (!held.empty()) {
          const Tag tag = take(held).detach();
          ASSERT_TRUE(slab.pool.lend_for_send(tag));
          transmit.push_back(tag.index());
        }
        break;
      case 4:
        if (!transmit.empty()) {
          ASSERT_TRUE(slab.pool.take_completed(take(transmit)));
        }
        break;
      default:
        if (!held.empty()) take(held);
    }
    const FrameCounts counts = slab.pool.count();
    ASSERT_EQ(counts.held, held.size());
    ASSERT_EQ(counts.fill, fill.size());
    ASSERT_EQ(counts.transmit, transmit.size());
    ASSERT_EQ(counts.total(), 32u);
  }
}

TEST(Frame, MovesItsLoanAndGivesItBackOnce) {
  Slab slab(2);
  Frame first = std::move(*slab.pool.acquire());
  Frame second = std::move(first);
  EXPECT_FALSE(first);  // NOLINT(bugprone-use-after-move): a moved-from Frame is no frame, by contract
  EXPECT_TRUE(second);
  second = std::move(*slab.pool.acquire());
  expect_counts(slab.pool, {.free = 1, .held = 1});
  second = Frame();
  expect_counts(slab.pool, {.free = 2});
  EXPECT_EQ(slab.counters.get(PoolCounter::released_twice), 0u);
}

TEST(Frame, DetachAndAttachCarryTheLoanAsAnInteger) {
  Slab slab(1);
  Frame frame = std::move(*slab.pool.acquire());
  frame.room()[0] = 42;
  const std::uint64_t value = frame.detach().value();
  expect_counts(slab.pool, {.held = 1});
  Frame again = Frame::attach(slab.pool, Tag::from_value(value));
  EXPECT_EQ(again.room()[0], 42);
  again = Frame();
  expect_counts(slab.pool, {.free = 1});
}

}  // namespace
}  // namespace quicrx
