// SPDX-License-Identifier: MIT
/// The pools that ship keep the contract; and pools that break it are found out.
#include "quicrx/pool_conformance.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <thread>
#include <vector>

#include "frame/slab_pool.h"
#include "frame/umem_memory.h"
#include "quicrx/frame.h"
#include "quicrx/heap_pool.h"
#include "quicrx/socket_port.h"

namespace quicrx::test {
namespace {

using Violations = std::vector<std::string>;

struct Shape {
  std::uint32_t frames;
  std::size_t frame_bytes, headroom;
};

class HeapPools : public testing::TestWithParam<Shape> {};

TEST_P(HeapPools, Conform) {
  const Shape& shape = GetParam();
  const auto pool =
      make_heap_pool({.frames = shape.frames, .frame_bytes = shape.frame_bytes, .headroom = shape.headroom});
  ASSERT_TRUE(pool) << pool.error().message;
  EXPECT_EQ(check_conformance(**pool), Violations{});
}

INSTANTIATE_TEST_SUITE_P(AnyShape, HeapPools,
                         testing::Values(Shape{2, 2048, 0}, Shape{256, 2048, 128}, Shape{64, 65536, 0},
                                         Shape{1000, 100, 99}, Shape{17, 4096, 256}));

TEST(HeapPool, RefusesWhatCannotBe) {
  EXPECT_FALSE(make_heap_pool({.frames = 0}));
  EXPECT_FALSE(make_heap_pool({.frames = Tag::kMaxFrames + 1}));
  EXPECT_FALSE(make_heap_pool({.frame_bytes = 128, .headroom = 128}));
  EXPECT_FALSE(make_heap_pool({.frame_bytes = std::size_t{1} << 60}));
  EXPECT_FALSE(make_heap_pool({.id = kFirstUserPool - 1}));
}

/// A UMEM's frames, of which the fill ring has some.
TEST(UmemPool, Conforms) {
  constexpr std::uint32_t kFrames = 128, kFilled = 48;
  const auto memory = map_umem(kFrames * 2048);
  ASSERT_TRUE(memory);
  std::vector<FrameWord> words(kFrames);
  PoolCounters counters;
  SlabPool pool({3, 2048, 128}, memory->mapping.bytes(), words, counters);
  for (std::uint32_t i = 0; i < kFilled; ++i) ASSERT_TRUE(pool.lend_for_receive());
  EXPECT_EQ(check_conformance(pool), Violations{});
  EXPECT_EQ(pool.count().fill, kFilled);
}

TEST(SocketPort, ItsTransmitPoolConforms) {
  const auto port = open_socket_port({.listen = SocketAddress::any_ipv4(17123)});
  ASSERT_TRUE(port) << port.error().message;
  EXPECT_EQ(check_conformance(*(*port)->transmit_pool(Path{})), Violations{});
}

/// A heap pool with one fault.
class FaultyPool : public FramePool {
 public:
  FaultyPool() : pool_(std::move(*make_heap_pool({.frames = 8, .headroom = 64}))) {}

  std::optional<Frame> acquire() override {
    auto frame = pool_->acquire();
    if (!frame) return std::nullopt;
    const Tag tag = frame->detach();
    return Frame(*this, tag, memory(tag), headroom());
  }
  std::size_t available() noexcept override { return pool_->available(); }
  Release release(Tag tag) noexcept final { return let_go(tag); }
  std::size_t release(std::span<const Tag> tags) noexcept override { return pool_->release(tags); }
  [[nodiscard]] MutableBytes memory(Tag tag) const noexcept override { return pool_->memory(tag); }
  [[nodiscard]] std::size_t headroom() const noexcept override { return pool_->headroom(); }
  [[nodiscard]] FrameCounts count() const noexcept override { return pool_->count(); }
  [[nodiscard]] PoolId id() const noexcept override { return pool_->id(); }

 protected:
  virtual Release let_go(Tag tag) noexcept { return pool_->release(tag); }

  std::unique_ptr<FramePool> pool_;
};

TEST(PoolConformance, FindsNothingInAFaithfulDecorator) {
  FaultyPool pool;
  EXPECT_EQ(check_conformance(pool), Violations{});
}

void expect_found(FramePool& pool, const std::string& violation) {
  const Violations found = check_conformance(pool);
  EXPECT_NE(std::ranges::find(found, violation), found.end()) << testing::PrintToString(found);
}

TEST(PoolConformance, FindsASecondReleaseThatIsObeyed) {
  struct : FaultyPool {
    Release let_go(Tag tag) noexcept override {
      (void)pool_->release(tag);
      return Release::released;
    }
  } pool;
  expect_found(pool, "a second release is not refused as such");
}

TEST(PoolConformance, FindsCountsThatAreOff) {
  struct : FaultyPool {
    [[nodiscard]] FrameCounts count() const noexcept override {
      FrameCounts counts = pool_->count();
      if (counts.held > 3) --counts.held;
      return counts;
    }
  } pool;
  expect_found(pool, "the counts are off when all frames are held");
}

TEST(PoolConformance, FindsAFrameThatIsNeverLent) {
  struct : FaultyPool {
    std::optional<Frame> acquire() override {
      return pool_->available() > 1 ? FaultyPool::acquire() : std::nullopt;
    }
  } pool;
  expect_found(pool, "acquire() gives another number of frames than are free");
}

TEST(PoolConformance, FindsMemoryThatOverlaps) {
  struct : FaultyPool {
    [[nodiscard]] MutableBytes memory(Tag tag) const noexcept override {
      const MutableBytes frame = pool_->memory(tag);
      return frame.empty() || tag.index() == 0 ? frame : MutableBytes(frame.data() - 1, frame.size());
    }
  } pool;
  expect_found(pool, "the memory of two frames overlaps");
}

TEST(PoolConformance, FindsReleasesOfOtherThreadsThatAreLost) {
  struct : FaultyPool {
    Release let_go(Tag tag) noexcept override {
      return std::this_thread::get_id() == owner ? pool_->release(tag) : Release::released;
    }
    std::thread::id owner = std::this_thread::get_id();
  } pool;
  expect_found(pool, "frames that other threads released are not lent again");
}

TEST(PoolConformance, FindsForeignTagsThatAreTaken) {
  struct : FaultyPool {
    Release let_go(Tag tag) noexcept override {
      const Release result = pool_->release(tag);
      return result == Release::foreign ? Release::released : result;
    }
  } pool;
  expect_found(pool, "a foreign tag is not refused as such");
}

TEST(PoolConformance, FindsAWrongHeadroom) {
  struct : FaultyPool {
    [[nodiscard]] std::size_t headroom() const noexcept override { return 65; }
    std::optional<Frame> acquire() override {
      auto frame = pool_->acquire();
      if (!frame) return std::nullopt;
      const Tag tag = frame->detach();
      return Frame(*this, tag, memory(tag), 64);
    }
  } pool;
  expect_found(pool, "a frame has another headroom than its pool says");
}

}  // namespace
}  // namespace quicrx::test
