// SPDX-License-Identifier: MIT
/// Sending when the socket has no room, and when the kernel refuses a train: each in a network of its own.
#include <gtest/gtest.h>

#include <algorithm>

#include "own_network.h"
#include "port/segment_pause.h"
#include "port/send_singly.h"
#include "port/udp_port.h"
#include "port/uring_port.h"
#include "quicrx/heap_pool.h"
#include "socket_port_fixture.h"

namespace quicrx::test {
namespace {

constexpr std::size_t kFrames = SocketPort::kTransmitFrames;

template <typename AnyPort>
Result<std::unique_ptr<SocketPort>> open_any(const SocketPort::Config& config,
                                             const SocketPort::Storage& storage) {
  return AnyPort::open(config, storage);
}

/// A port whose neighbour does not answer yet, so that its socket is full after a few datagrams.
struct BlockedPort {
  explicit BlockedPort(const SocketKind& kind) : socket(kind, 1500, SilentNeighbour::machine()) {
    make_send_buffer_small(socket_at(socket.address));
  }
  bool send(std::size_t number, Ecn ecn) { return socket.send(numbered_one(number, 1000), path, ecn); }
  /// Each a train of its own, until no frame is left.
  std::size_t send_singles() {
    std::size_t sent = 0;
    while (sent <= kFrames && send(sent, sent % 2 == 0 ? Ecn::ect0 : Ecn::ect1)) ++sent;
    return sent;
  }
  void expect_all_frames_home() {
    EXPECT_EQ(socket.transmit_frames().free, kFrames);
    EXPECT_FALSE(socket.port->has_unsent());
    EXPECT_EQ(socket.port->frames_in_transmit(), 0u);
  }

  SilentNeighbour neighbour;
  SocketPortFixture socket;
  const Path path = socket.path_to(SilentNeighbour::address());
};

std::vector<std::string> sorted(std::vector<std::string> all) {
  std::ranges::sort(all);
  return all;
}

std::vector<std::string> first_ones(std::size_t count) {
  std::vector<std::string> all;
  for (std::size_t i = 0; i < count; ++i) all.push_back(numbered_one(i, 1000));
  return all;
}

class FullSocketTest : public testing::TestWithParam<SocketKind> {
 protected:
  void SetUp() override {
    const SocketPortFixture tried(GetParam());
    if (!tried.port) GTEST_SKIP() << tried.lacking;
  }
  /// Skips without CAP_SYS_ADMIN.
  template <typename Test>
  void run(Test&& test, unsigned loopback_mtu = 65536) {
    if (!in_own_network(loopback_mtu, test)) GTEST_SKIP() << "a network of its own takes CAP_SYS_ADMIN";
  }
  [[nodiscard]] bool keeps_order() const { return GetParam().name.starts_with("Calls"); }
};

/// The neighbour has IPv4.
class FullIpv4SocketTest : public FullSocketTest {};

TEST_P(FullIpv4SocketTest, KeepsEveryDatagramUntilThereIsRoom) {
  run([&] {
    BlockedPort blocked(GetParam());
    SocketPortFixture& socket = blocked.socket;
    ASSERT_EQ(blocked.send_singles(), kFrames);
    socket.port->flush();
    EXPECT_GT(socket.port->frames_in_transmit(), kFrames - 10);
    EXPECT_LT(socket.transmit_frames().free, 10u) << "who waits is not given more";
    EXPECT_EQ(socket.counted(PortCounter::drop_send_failed), 0u);
    EXPECT_EQ(socket.counted(PortCounter::no_transmit_frame), 1u);
    blocked.neighbour.appear();
    socket.flush();
    const auto got = blocked.neighbour.received();
    EXPECT_EQ(keeps_order() ? got : sorted(got), first_ones(kFrames));
    EXPECT_EQ(socket.counted(PortCounter::drop_send_failed), 0u);
    EXPECT_EQ(socket.counted(PortCounter::sent_datagrams), kFrames);
    EXPECT_EQ(socket.counted(PortCounter::sent_bytes), kFrames * 1000);
    blocked.expect_all_frames_home();
  });
}

TEST_P(FullIpv4SocketTest, WhatIsSentMeanwhileComesBehindTheTrainsThatWait) {
  run([&] {
    BlockedPort blocked(GetParam());
    constexpr std::size_t kRounds = 10, kTrain = 7;
    for (std::size_t i = 0; i < kRounds * kTrain; ++i) {
      EXPECT_TRUE(blocked.send(i, Ecn::ect0));
      if (i % kTrain == kTrain - 1) blocked.socket.port->flush();
    }
    EXPECT_GT(blocked.socket.port->frames_in_transmit(), 0u);
    blocked.neighbour.appear();
    blocked.socket.flush();
    const auto got = blocked.neighbour.received();
    EXPECT_EQ(keeps_order() ? got : sorted(got), first_ones(kRounds * kTrain));
    EXPECT_EQ(blocked.socket.counted(PortCounter::sent_datagrams), kRounds * kTrain);
    EXPECT_EQ(blocked.socket.counted(PortCounter::gso_trains), kRounds);
    EXPECT_EQ(blocked.socket.counted(PortCounter::drop_send_failed), 0u);
    blocked.expect_all_frames_home();
  });
}

TEST_P(FullIpv4SocketTest, CountsWhatThereIsNoRoomFor) {
  run([&] {
    constexpr std::size_t kAll = kFrames + 50;
    const auto pool = std::move(*make_heap_pool({.frames = kAll}));
    BlockedPort blocked(GetParam());
    for (std::size_t i = 0; i < kAll; ++i) {
      auto frame = pool->acquire();
      ASSERT_TRUE(frame);
      frame->resize(1000);
      blocked.socket.port->send(std::move(*frame), blocked.path, i % 2 == 0 ? Ecn::ect0 : Ecn::ect1);
    }
    EXPECT_GT(blocked.socket.counted(PortCounter::drop_send_failed), 0u);
    blocked.neighbour.appear();
    blocked.socket.flush();
    const std::uint64_t sent = blocked.socket.counted(PortCounter::sent_datagrams);
    EXPECT_GE(sent, kFrames);
    EXPECT_EQ(sent + blocked.socket.counted(PortCounter::drop_send_failed), kAll);
    EXPECT_EQ(blocked.neighbour.received().size(), sent);
    EXPECT_EQ(pool->count().free, kAll);
  });
}

TEST_P(FullIpv4SocketTest, EndsWithDatagramsThatWait) {
  run([&] {
    const auto pool = std::move(*make_heap_pool({.frames = 100}));
    BlockedPort blocked(GetParam());
    while (auto frame = pool->acquire()) {
      frame->resize(1000);
      blocked.socket.port->send(std::move(*frame), blocked.path, Ecn::not_ect);
      blocked.socket.port->flush();
    }
    blocked.socket.port.reset();
    EXPECT_EQ(pool->count().free, 100u);
  });
}

TEST_P(FullSocketTest, OfATrainThatTheKernelRefusesTheDatagramsThatItTakesArrive) {
  const auto refused = [&] {
    SocketPortFixture socket(GetParam());
    PlainSocket peer(GetParam().v6);
    const Path path = socket.path_to(peer.address());
    for (const std::size_t bytes : {1400, 1400, 100}) EXPECT_TRUE(socket.send(std::string(bytes, 'x'), path));
    socket.flush();
    const auto received = peer.receive();
    ASSERT_TRUE(received);
    EXPECT_EQ(received->payload, std::string(100, 'x'));
    EXPECT_FALSE(peer.receive(std::chrono::milliseconds(0)));
    EXPECT_EQ(socket.counted(PortCounter::drop_send_failed), 2u);
    EXPECT_EQ(socket.counted(PortCounter::sent_datagrams), 1u);
    EXPECT_EQ(socket.counted(PortCounter::sent_bytes), 100u);
    EXPECT_EQ(socket.counted(PortCounter::gso_refused), 1u);
    EXPECT_EQ(socket.counted(PortCounter::gso_trains), 0u);
    EXPECT_EQ(socket.transmit_frames().free, kFrames);
  };
  run(refused, 1300);
}

const SocketKind kCalls4{"Calls4", open_any<UdpPort>, false}, kCalls6{"Calls6", open_any<UdpPort>, true},
    kUring4{"Uring4", open_any<UringPort>, false}, kUring6{"Uring6", open_any<UringPort>, true};

INSTANTIATE_TEST_SUITE_P(Sockets, FullSocketTest, testing::Values(kCalls4, kCalls6, kUring4, kUring6),
                         [](const auto& tested) { return tested.param.name; });
INSTANTIATE_TEST_SUITE_P(Sockets, FullIpv4SocketTest, testing::Values(kCalls4, kUring4),
                         [](const auto& tested) { return tested.param.name; });

TEST(SendSingly, GoesOnWhereTheSocketHadNoRoom) {
  const auto test = [] {
    constexpr std::size_t kAll = 10;
    const auto pool = std::move(*make_heap_pool({.frames = kAll}));
    SilentNeighbour neighbour;
    const int socket = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    const Descriptor closes(socket);
    make_send_buffer_small(socket);
    Path path;
    path.local = SilentNeighbour::machine();
    path.remote = SilentNeighbour::address();
    DatagramTrain train;
    for (std::size_t i = 0; i < kAll; ++i) {
      auto frame = std::move(*pool->acquire());
      std::ranges::copy(numbered_one(i, 1000), frame.room().begin());
      frame.resize(1000);
      if (i > 0 && train.add(frame, path, Ecn::ect0)) continue;
      ASSERT_EQ(i, 0u);
      train.begin(std::move(frame), path, Ecn::ect0);
    }
    const std::size_t control_bytes = train.message().msg_controllen;
    train.close();
    EXPECT_GT(train.message().msg_controllen, control_bytes);
    EXPECT_EQ(train.single().msg_controllen, control_bytes) << "a single datagram has no segment size";
    PortCounters counters;
    EXPECT_FALSE(send_singly(socket, train, counters));
    EXPECT_GT(train.singles_left(), 0u);
    EXPECT_LT(train.singles_left(), kAll);
    neighbour.appear();
    EXPECT_TRUE(send_singly(socket, train, counters) || send_singly(socket, train, counters));
    EXPECT_EQ(train.singles_left(), 0u);
    EXPECT_EQ(neighbour.received(), first_ones(kAll));
    EXPECT_EQ(counters.get(PortCounter::sent_datagrams), kAll);
    EXPECT_EQ(counters.get(PortCounter::gso_refused), 1u) << "once a train";
    EXPECT_EQ(counters.get(PortCounter::drop_send_failed), 0u);
  };
  if (!in_own_network(65536, test)) GTEST_SKIP() << "a network of its own takes CAP_SYS_ADMIN";
}

TEST(SegmentPause, IsOverAfterAWhile) {
  SegmentPause pause;
  EXPECT_TRUE(pause.over());
  pause.begin();
  for (unsigned i = 0; i < SegmentPause::kDatagrams; ++i) EXPECT_FALSE(pause.over());
  EXPECT_TRUE(pause.over());
}

}  // namespace
}  // namespace quicrx::test
