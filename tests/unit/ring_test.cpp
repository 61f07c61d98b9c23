// SPDX-License-Identifier: MIT
#include "xdp/ring.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>

namespace quicrx {
namespace {

/// A ring in plain memory, of which a test plays both ends.
template <typename Entry, std::uint32_t kSize = 8>
struct PlainRing {
  explicit PlainRing(std::uint32_t start) : producer(start), consumer(start) {}

  RingMemory<Entry> memory() { return {&producer, &consumer, &flags, entries.data(), kSize}; }

  std::uint32_t producer;
  std::uint32_t consumer;
  std::uint32_t flags = 0;
  std::array<Entry, kSize> entries{};
};

class RingAt : public testing::TestWithParam<std::uint32_t> {};
INSTANTIATE_TEST_SUITE_P(Start, RingAt, testing::Values(0u, 5u, 0x7ffffffcu, 0xfffffffcu, 0xffffffffu));

TEST_P(RingAt, IsEmptyThenFullThenEmptyAgain) {
  PlainRing<std::uint64_t> ring(GetParam());
  FillRing ours(ring.memory());
  CompletionRing kernels(ring.memory());

  EXPECT_EQ(kernels.available(8), 0u);
  EXPECT_EQ(ours.room(100), 8u);
  for (std::uint64_t i = 0; i < 8; ++i) ours.put(i * 2048);
  EXPECT_EQ(kernels.available(8), 0u) << "nothing is shown before publish()";
  ours.publish();
  EXPECT_EQ(ours.room(1), 0u) << "a full ring must not look empty";
  EXPECT_EQ(kernels.available(100), 8u);
  for (std::uint64_t i = 0; i < 8; ++i) EXPECT_EQ(kernels.take(), i * 2048);
  EXPECT_EQ(ours.room(1), 0u) << "no place is given back before release()";
  kernels.release();
  EXPECT_EQ(ours.room(100), 8u);
  EXPECT_EQ(kernels.available(1), 0u);
}

TEST_P(RingAt, KeepsOrderOverManyTurns) {
  PlainRing<xdp_desc> ring(GetParam());
  TransmitRing ours(ring.memory());
  ReceiveRing kernels(ring.memory());
  std::uint64_t put = 0, taken = 0;
  for (std::uint32_t turn = 0; turn < 1000; ++turn) {
    for (std::uint32_t n = ours.room(turn % 8 + 1); n > 0; --n)
      ours.put({.addr = put++, .len = turn, .options = 0});
    ours.publish();
    for (std::uint32_t n = kernels.available(turn % 5 + 1); n > 0; --n)
      EXPECT_EQ(kernels.take().addr, taken++);
    kernels.release();
    EXPECT_LE(put - taken, 8u);
  }
  EXPECT_GT(taken, 2000u);
}

TEST(Ring, TellsWhenTheKernelWantsAWakeup) {
  PlainRing<std::uint64_t> ring(0);
  const FillRing ours(ring.memory());
  EXPECT_FALSE(ours.needs_wakeup());
  ring.flags = XDP_RING_NEED_WAKEUP;
  EXPECT_TRUE(ours.needs_wakeup());
}

TEST(Ring, TakesUpARingInUse) {
  PlainRing<std::uint64_t> ring(0xfffffffe);
  FillRing first(ring.memory());
  first.put(1);
  first.put(2);
  first.put(3);
  first.publish();
  FillRing second(ring.memory());
  EXPECT_EQ(second.room(8), 5u);
}

}  // namespace
}  // namespace quicrx
