// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <random>
#include <vector>

#include "quic/connection_table.h"
#include "quic/path_table.h"
#include "quic/siphash.h"
#include "quic/timer_heap.h"

namespace quicrx {
namespace {

TEST(SipHash, OfThePublishedVectors) {
  // Key 00..0f and inputs 00, 00 01, ..: appendix A of the paper has the one of 15 bytes.
  const SipHashKey key{0x0706050403020100, 0x0f0e0d0c0b0a0908};
  std::vector<std::uint8_t> input;
  for (std::uint8_t i = 0; i < 15; ++i) input.push_back(i);
  EXPECT_EQ(siphash(key, input), 0xa129ca6149be45e5);
  EXPECT_EQ(siphash(key, {}), 0x726fdb47dd0e0e31);
}

/// The table only ever compares addresses of connections.
Connection& connection(std::uintptr_t number) {
  return *reinterpret_cast<Connection*>(number * 64);
}

TEST(ConnectionTable, FindsByWholeId) {
  ConnectionTable table({1, 2});
  const std::array<std::uint8_t, 20> bytes{1, 2, 3};
  for (std::size_t size = 0; size <= bytes.size(); ++size)
    EXPECT_TRUE(table.add(ConnectionId(Bytes(bytes).first(size)), connection(size + 1)));
  for (std::size_t size = 0; size <= bytes.size(); ++size)
    EXPECT_EQ(table.find(Bytes(bytes).first(size)), &connection(size + 1)) << "an ID is no prefix of another";
  EXPECT_FALSE(table.add(ConnectionId(Bytes(bytes)), connection(99))) << "an ID has one connection";
  table.remove(ConnectionId(Bytes(bytes)));
  EXPECT_EQ(table.find(Bytes(bytes)), nullptr);
  EXPECT_EQ(table.size(), 20u);
}

TEST(ConnectionTable, HoldsManyIds) {
  ConnectionTable table({3, 4});
  const auto id = [](std::uint32_t number) {
    std::array<std::uint8_t, 18> bytes{};
    std::memcpy(bytes.data() + 7, &number, sizeof(number));
    return ConnectionId(bytes);
  };
  for (std::uint32_t i = 1; i <= 50'000; ++i) ASSERT_TRUE(table.add(id(i), connection(i)));
  for (std::uint32_t i = 1; i <= 50'000; i += 2) table.remove(id(i));
  for (std::uint32_t i = 1; i <= 50'000; ++i)
    ASSERT_EQ(table.find(id(i).view()), i % 2 == 1 ? nullptr : &connection(i));
}

TEST(TimerHeap, AlwaysHasTheEarliestFirst) {
  std::mt19937 random(1);
  std::vector<Timer> timers(200);
  TimerHeap heap;
  for (int step = 0; step < 20'000; ++step) {
    Timer& timer = timers[random() % timers.size()];
    if (random() % 4 == 0) {
      heap.remove(timer);
    } else {
      heap.set(timer, Timestamp(std::chrono::nanoseconds(random() % 1000)));
    }
    Timestamp earliest = Timestamp::max();
    std::size_t in = 0;
    for (const Timer& each : timers) {
      if (each.place == Timer::kNowhere) continue;
      ++in;
      earliest = std::min(earliest, each.due);
    }
    ASSERT_EQ(heap.size(), in);
    if (in > 0) {
      ASSERT_EQ(heap.first().due, earliest);
    }
  }
}

TEST(TimerHeap, RemovingTwiceIsNoHarm) {
  Timer timer;
  TimerHeap heap;
  heap.set(timer, Timestamp());
  heap.remove(timer);
  heap.remove(timer);
  EXPECT_TRUE(heap.empty());
}

Path path_from(std::uint16_t port) {
  Path path;
  path.remote = SocketAddress(std::vector<std::uint8_t>{192, 0, 2, 1}, port);
  return path;
}

const Path* find(const PathTable& table, const Path& path) {
  return table.find(path.local.get(), path.remote.get());
}

TEST(PathTable, KeepsThePathsLastHeardAndTheirLatestLink) {
  PathTable table;
  for (std::uint16_t port = 1; port <= 4; ++port) table.learn(path_from(port), path_from(1));
  Path moved = path_from(1);
  moved.link.remote = {1, 2, 3, 4, 5, 6};
  table.learn(moved, path_from(1));
  table.learn(path_from(5), path_from(1));
  EXPECT_EQ(find(table, path_from(2)), nullptr) << "longest unheard";
  ASSERT_NE(find(table, moved), nullptr);
  EXPECT_EQ(find(table, moved)->link, moved.link);
  EXPECT_NE(find(table, path_from(5)), nullptr);
  for (std::uint16_t port = 100; port < 200; ++port) table.learn(path_from(port), path_from(1));
  EXPECT_NE(find(table, moved), nullptr) << "junk from anywhere does not push out the path in use";
}

}  // namespace
}  // namespace quicrx
