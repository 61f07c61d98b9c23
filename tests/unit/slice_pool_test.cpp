// SPDX-License-Identifier: MIT
#include "frame/slice_pool.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <random>
#include <thread>
#include <vector>

namespace quicrx {
namespace {

constexpr PoolId kBasePool = 7, kSlicePool = 8;
constexpr std::size_t kFrameBytes = 4096;

struct Slices {
  explicit Slices(std::size_t frames)
      : memory(frames * kFrameBytes),
        words(frames),
        base({kBasePool, kFrameBytes, 64}, memory, words, base_counters),
        pool(kSlicePool, base, counters) {}

  /// A received frame of so many bytes, numbered from 0.
  Frame receive(std::size_t bytes, std::size_t offset = 100) {
    Frame frame = std::move(*base.acquire());
    frame.set_payload(offset, bytes);
    std::iota(frame.room().begin(), frame.room().begin() + static_cast<std::ptrdiff_t>(bytes), 0);
    return frame;
  }
  std::vector<Frame> cut_all(std::size_t bytes, std::size_t slice_bytes) {
    std::vector<Frame> slices;
    auto cutting = pool.cut(receive(bytes), slice_bytes);
    while (cutting.left() > 0) slices.push_back(cutting.next());
    EXPECT_FALSE(cutting.next()) << "behind the last";
    return slices;
  }
  std::vector<Tag> cut_tags(std::size_t slices) {
    std::vector<Tag> tags;
    for (Frame& frame : cut_all(slices * 8, 8)) tags.push_back(frame.detach());
    return tags;
  }

  std::vector<std::uint8_t> memory;
  std::vector<FrameWord> words;
  PoolCounters base_counters, counters;
  SlabPool base;
  SlicePool pool;
};

TEST(SlicePool, CutsAFrameIntoItsDatagrams) {
  Slices slices(2);
  const auto frames = slices.cut_all(1000, 300);
  ASSERT_EQ(frames.size(), 4u);
  const std::size_t sizes[] = {300, 300, 300, 100};
  std::uint8_t first = 0;
  for (std::size_t i = 0; i < frames.size(); ++i) {
    ASSERT_EQ(frames[i].payload().size(), sizes[i]) << i;
    EXPECT_EQ(frames[i].payload()[0], first);
    first = static_cast<std::uint8_t>(first + sizes[i]);
  }
  EXPECT_EQ(slices.pool.count().held, 4u);
  EXPECT_EQ(slices.base.count().held, 1u);
}

TEST(SlicePool, ASlicesMemoryIsItsOwnBytesAlone) {
  Slices slices(2);
  auto frames = slices.cut_all(250, 100);
  for (Frame& frame : frames) {
    const Bytes before = frame.payload();
    const MutableBytes memory = slices.pool.memory(frame.tag());
    EXPECT_EQ(memory.data(), before.data());
    EXPECT_EQ(memory.size(), before.size());
    EXPECT_EQ(frame.headroom().size() + frame.room().size(), before.size());
    const std::size_t bytes = before.size();
    frame = Frame::attach(slices.pool, frame.detach());
    ASSERT_TRUE(frame);
    EXPECT_EQ(frame.room().size(), bytes);
  }
  EXPECT_TRUE(slices.pool.memory(Tag(kSlicePool, 0, 3)).empty()) << "behind the last slice";
  EXPECT_TRUE(slices.pool.memory(Tag(kBasePool, 0, 0)).empty());
  EXPECT_TRUE(slices.pool.memory(Tag()).empty());
}

TEST(SlicePool, TheFrameGoesBackWithItsLastSliceInAnyOrder) {
  std::mt19937 random(1);
  for (std::size_t count = 1; count <= SlicePool::kMostSlices; ++count) {
    Slices slices(1);
    auto tags = slices.cut_tags(count);
    ASSERT_EQ(tags.size(), count);
    std::ranges::shuffle(tags, random);
    for (std::size_t i = 0; i < count; ++i) {
      ASSERT_EQ(slices.base.count().held, 1u);
      ASSERT_EQ(slices.pool.count().held, count - i);
      ASSERT_EQ(slices.pool.release(tags[i]), Release::released);
    }
    ASSERT_EQ(slices.base.count().free, 1u);
    ASSERT_EQ(slices.pool.count().held, 0u);
  }
}

TEST(SlicePool, TheFrameStaysWhileItIsBeingCut) {
  Slices slices(1);
  {
    auto cutting = slices.pool.cut(slices.receive(24), 8);
    (void)cutting.next();  // given back at once
    EXPECT_EQ(slices.base.count().held, 1u);
    SlicePool::Cutting moved = std::move(cutting);
    EXPECT_EQ(moved.left(), 2u);
    const Frame kept = moved.next();
    moved = {};
    EXPECT_EQ(slices.base.count().held, 1u) << "one slice is out";
  }
  EXPECT_EQ(slices.base.count().free, 1u) << "the rest was never cut";
}

TEST(SlicePool, CutsNoMoreThanItCanName) {
  Slices slices(1);
  EXPECT_EQ(slices.cut_all(SlicePool::kMostSlices + 5, 1).size(), SlicePool::kMostSlices);
  EXPECT_EQ(slices.base.count().free, 1u);
  EXPECT_EQ(slices.cut_all(10, 4000).size(), 1u) << "smaller than a slice";
}

TEST(SlicePool, CutsFramesOfItsBaseAlone) {
  Slices slices(1), other(1);
  EXPECT_EQ(slices.pool.cut(other.receive(10), 5).left(), 0u);
  EXPECT_EQ(slices.pool.cut(slices.receive(10), 0).left(), 0u);
  EXPECT_EQ(slices.pool.cut(Frame(), 5).left(), 0u);
  EXPECT_EQ(other.base.count().free, 1u);
  EXPECT_EQ(slices.base.count().free, 1u);
  EXPECT_FALSE(slices.pool.acquire());
  EXPECT_EQ(slices.pool.available(), 0u);
}

TEST(SlicePool, RefusesASecondReleaseAndCountsIt) {
  Slices slices(1);
  const auto tags = slices.cut_tags(3);
  EXPECT_EQ(slices.pool.release(tags[1]), Release::released);
  EXPECT_EQ(slices.pool.release(tags[1]), Release::twice);
  EXPECT_EQ(slices.pool.release(tags[1]), Release::twice);
  EXPECT_EQ(slices.base.count().held, 1u) << "refused releases take no hold away";
  EXPECT_EQ(slices.pool.release(tags), 2u);
  EXPECT_EQ(slices.counters.get(PoolCounter::released_twice), 3u);
  EXPECT_EQ(slices.base.count().free, 1u);
  EXPECT_EQ(slices.base_counters.get(PoolCounter::released_twice), 0u);
}

TEST(SlicePool, RefusesAStaleReleaseAndCountsIt) {
  Slices slices(1);
  const auto old = slices.cut_tags(2);
  EXPECT_EQ(slices.pool.release(old), 2u);
  const auto present = slices.cut_tags(2);
  EXPECT_EQ(slices.pool.release(old[0]), Release::stale);
  EXPECT_EQ(slices.counters.get(PoolCounter::released_stale), 1u);
  EXPECT_EQ(slices.pool.count().held, 2u);
  EXPECT_EQ(slices.pool.release(present), 2u);
}

TEST(SlicePool, RefusesForeignReleasesAndCountsThem) {
  Slices slices(1);
  Frame frame = slices.receive(8);
  EXPECT_EQ(slices.pool.release(frame.tag()), Release::foreign) << "the base's own";
  EXPECT_EQ(slices.pool.release(Tag(kSlicePool, 0, SlicePool::kMostSlices)), Release::foreign);
  EXPECT_EQ(slices.pool.release(Tag()), Release::foreign);
  EXPECT_EQ(slices.counters.get(PoolCounter::released_foreign), 3u);
  const auto cutting = slices.pool.cut(std::move(frame), 4);
  EXPECT_NE(slices.pool.release(Tag(kSlicePool, 0, 0)), Release::released) << "not lent yet";
}

TEST(SlicePool, TakesReleasesFromOtherThreads) {
  constexpr int kTurns = 1000;
  constexpr std::size_t kFrames = 4, kOfEach = 9;
  Slices slices(kFrames);
  for (int turn = 0; turn < kTurns; ++turn) {
    std::vector<Tag> parts[3];
    for (std::size_t i = 0; i < kFrames; ++i) {
      const auto tags = slices.cut_tags(kOfEach);
      ASSERT_EQ(tags.size(), kOfEach);
      for (std::size_t k = 0; k < kOfEach; ++k) parts[k % 3].push_back(tags[k]);
    }
    std::thread one([&] { slices.pool.release(parts[0]); }), two([&] { slices.pool.release(parts[1]); });
    slices.pool.release(parts[2]);
    one.join();
    two.join();
    ASSERT_EQ(slices.base.available(), kFrames);
  }
  EXPECT_EQ(slices.pool.count().held, 0u);
  EXPECT_EQ(slices.counters.get(PoolCounter::released_twice), 0u);
  EXPECT_EQ(slices.base_counters.get(PoolCounter::released_twice), 0u);
}

TEST(SlicePool, OneOfManyReleasesOfATagWins) {
  Slices slices(1);
  for (int turn = 0; turn < 300; ++turn) {
    const auto tags = slices.cut_tags(2);
    std::atomic<std::size_t> won = 0;
    const auto release = [&] { won += slices.pool.release(tags); };
    std::thread one(release), two(release);
    one.join();
    two.join();
    ASSERT_EQ(won, 2u);
    ASSERT_EQ(slices.base.available(), 1u);
  }
}

TEST(SlicePool, StatesAddUpOverARandomWalk) {
  Slices slices(8);
  std::mt19937 random(1);
  std::vector<Frame> held;
  std::vector<SlicePool::Cutting> cuttings;
  for (int step = 0; step < 20'000; ++step) {
    switch (random() % 3) {
      case 0:
        if (slices.base.available() > 0)
          cuttings.push_back(slices.pool.cut(slices.receive(random() % 900 + 1), random() % 100 + 10));
        break;
      case 1:
        if (!cuttings.empty()) {
          auto& cutting = cuttings[random() % cuttings.size()];
          if (Frame frame = cutting.next()) held.push_back(std::move(frame));
          std::erase_if(cuttings, [](const auto& one) { return one.left() == 0; });
        }
        break;
      default:
        if (!held.empty()) {
          std::swap(held[random() % held.size()], held.back());
          held.pop_back();
        }
    }
    ASSERT_EQ(slices.pool.count().held, held.size());
    ASSERT_EQ(slices.base.count().total(), 8u);
    ASSERT_GE(slices.base.count().held, cuttings.size());
  }
  held.clear();
  cuttings.clear();
  EXPECT_EQ(slices.base.available(), 8u);
  EXPECT_EQ(slices.counters.get(PoolCounter::released_twice), 0u);
}

}  // namespace
}  // namespace quicrx
