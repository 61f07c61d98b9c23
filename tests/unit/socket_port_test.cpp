// SPDX-License-Identifier: MIT
/// The ports over UDP sockets, each with a peer on loopback.
#include "port/socket_port.h"

#include <gtest/gtest.h>
#include <poll.h>

#include <algorithm>
#include <thread>

#include "port/udp_port.h"
#include "port/uring_port.h"
#include "socket_port_fixture.h"

namespace quicrx::test {
namespace {

template <typename AnyPort>
Result<std::unique_ptr<SocketPort>> open_any(const SocketPort::Config& config,
                                             const SocketPort::Storage& storage) {
  return AnyPort::open(config, storage);
}

class SocketPortTest : public testing::TestWithParam<SocketKind> {
 protected:
  void SetUp() override {
    if (!socket_.port) GTEST_SKIP() << socket_.lacking;
  }
  /// What the peer got of `count` datagrams, each checked for its ECN.
  std::vector<std::string> peer_receives(std::size_t count, Ecn ecn) {
    std::vector<std::string> all;
    while (all.size() < count) {
      auto received = peer_.receive();
      if (!received) break;
      EXPECT_EQ(received->ecn, ecn);
      EXPECT_EQ(received->from, socket_.address);
      all.push_back(std::move(received->payload));
    }
    EXPECT_FALSE(peer_.receive(std::chrono::milliseconds(0))) << "more than were sent";
    return all;
  }
  void expect_all_frames_home() {
    socket_.flush();
    EXPECT_EQ(socket_.receive_frames().held, 0u);
    EXPECT_EQ(socket_.transmit_frames().free, SocketPort::kTransmitFrames);
    for (const PoolCounters* counters : {&socket_.receive_counters, &socket_.transmit_counters})
      for (const auto id : {PoolCounter::released_twice, PoolCounter::released_stale,
                            PoolCounter::released_foreign, PoolCounter::bad_descriptor})
        EXPECT_EQ(counters->get(id), 0u);
  }

  SocketPortFixture socket_{GetParam()};
  PlainSocket peer_{GetParam().v6};
  const Path path_ = socket_.path_to(peer_.address());
};

TEST_P(SocketPortTest, ReceivesADatagramWithItsPathAndEcn) {
  peer_.send(socket_.address, "hello", Ecn::ce);
  {
    const auto datagrams = socket_.receive(1);
    ASSERT_EQ(datagrams.size(), 1u);
    EXPECT_EQ(text_of(datagrams[0]), "hello");
    EXPECT_EQ(datagrams[0].path.local, socket_.address);
    EXPECT_EQ(datagrams[0].path.remote, peer_.address());
    EXPECT_EQ(datagrams[0].path.port, GetParam().v6 ? PortId::socket6 : PortId::socket4);
    EXPECT_EQ(datagrams[0].ecn, Ecn::ce);
    EXPECT_EQ(socket_.receive_frames().held, 1u);
  }
  EXPECT_EQ(socket_.counted(PortCounter::gro_buffers), 0u);
  expect_all_frames_home();
}

TEST_P(SocketPortTest, ItsDescriptorWakesWhoSleeps) {
  for (int i = 0; i < 3; ++i) {
    std::thread other([&] {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      peer_.send(socket_.address, "wake up");
    });
    pollfd polled{socket_.port->descriptor(), POLLIN, 0};
    EXPECT_EQ(poll(&polled, 1, 2000), 1);
    other.join();
    EXPECT_EQ(socket_.receive(1).size(), 1u);
  }
}

TEST_P(SocketPortTest, CutsAGroBufferIntoItsDatagrams) {
  peer_.send(socket_.address, numbered(20, 1200) + "rest", Ecn::ect0, 1200);
  {
    const auto datagrams = socket_.receive(21);
    ASSERT_EQ(datagrams.size(), 21u);
    for (std::size_t i = 0; i < 21; ++i) {
      EXPECT_EQ(text_of(datagrams[i]), i < 20 ? numbered_one(i, 1200) : "rest");
      EXPECT_EQ(datagrams[i].path.local, socket_.address);
      EXPECT_EQ(datagrams[i].path.remote, peer_.address());
      EXPECT_EQ(datagrams[i].ecn, Ecn::ect0);
    }
    EXPECT_EQ(socket_.receive_frames().held, 1u) << "they share a frame";
  }
  EXPECT_EQ(socket_.counted(PortCounter::gro_buffers), 1u);
  EXPECT_EQ(socket_.counted(PortCounter::received_datagrams), 21u);
  EXPECT_EQ(socket_.counted(PortCounter::received_bytes), 20u * 1200 + 4);
  expect_all_frames_home();
}

TEST_P(SocketPortTest, TakesTheLargestBuffers) {
  peer_.send(socket_.address, numbered(46, 1424), Ecn::not_ect, 1424);
  peer_.send(socket_.address, numbered(64, 1000), Ecn::not_ect, 1000);
  const auto datagrams = socket_.receive(110);
  ASSERT_EQ(datagrams.size(), 110u);
  for (std::size_t i = 0; i < 46; ++i) EXPECT_EQ(text_of(datagrams[i]), numbered_one(i, 1424));
  for (std::size_t i = 0; i < 64; ++i) EXPECT_EQ(text_of(datagrams[46 + i]), numbered_one(i, 1000));
  EXPECT_EQ(socket_.counted(PortCounter::drop_truncated), 0u);
}

TEST_P(SocketPortTest, KeepsWhatTheCallerHasNoRoomFor) {
  peer_.send(socket_.address, numbered(10, 500), Ecn::ect1, 500);
  peer_.send(socket_.address, numbered(10, 600), Ecn::ce, 600);
  std::vector<Datagram> out(3);
  const auto first = socket_.receive(3, 3);
  ASSERT_EQ(first.size(), 3u);
  EXPECT_TRUE(socket_.port->has_received()) << "the descriptor need not tell";
  const auto rest = socket_.receive(17, 4);
  ASSERT_EQ(rest.size(), 17u);
  for (std::size_t i = 0; i < 7; ++i) EXPECT_EQ(text_of(rest[i]), numbered_one(i + 3, 500));
  for (std::size_t i = 0; i < 10; ++i) {
    EXPECT_EQ(text_of(rest[7 + i]), numbered_one(i, 600));
    EXPECT_EQ(rest[7 + i].ecn, Ecn::ce);
  }
  EXPECT_FALSE(socket_.port->has_received());
}

TEST_P(SocketPortTest, HandsOutManySmallMessagesInOrder) {
  constexpr std::size_t kAll = 200;
  for (std::size_t i = 0; i < kAll; ++i) peer_.send(socket_.address, numbered_one(i, 50));
  {
    const auto datagrams = socket_.receive(kAll, 7);
    ASSERT_EQ(datagrams.size(), kAll);
    for (std::size_t i = 0; i < kAll; ++i) EXPECT_EQ(text_of(datagrams[i]), numbered_one(i, 50));
  }
  expect_all_frames_home();
}

TEST_P(SocketPortTest, SendsATrainWholeAndInOrder) {
  for (std::size_t i = 0; i < 40; ++i) EXPECT_TRUE(socket_.send(numbered_one(i, 1300), path_, Ecn::ect0));
  EXPECT_TRUE(socket_.send("rest", path_, Ecn::ect0));
  socket_.flush();
  const auto got = peer_receives(41, Ecn::ect0);
  ASSERT_EQ(got.size(), 41u);
  for (std::size_t i = 0; i < 40; ++i) EXPECT_EQ(got[i], numbered_one(i, 1300));
  EXPECT_EQ(got[40], "rest");
  EXPECT_EQ(socket_.counted(PortCounter::gso_trains), 1u);
  EXPECT_EQ(socket_.counted(PortCounter::sent_datagrams), 41u);
  EXPECT_EQ(socket_.counted(PortCounter::sent_bytes), 40u * 1300 + 4);
  EXPECT_EQ(socket_.counted(PortCounter::drop_send_failed), 0u);
  expect_all_frames_home();
}

TEST_P(SocketPortTest, EndsATrainBehindASmallerDatagramAndBeforeALargerOne) {
  const std::size_t sizes[] = {1000, 1000, 900, 1000, 1100, 1100, 1};
  for (const std::size_t bytes : sizes) EXPECT_TRUE(socket_.send(std::string(bytes, 'x'), path_));
  socket_.flush();
  const auto got = peer_receives(std::size(sizes), Ecn::not_ect);
  ASSERT_EQ(got.size(), std::size(sizes));
  for (std::size_t i = 0; i < got.size(); ++i) EXPECT_EQ(got[i].size(), sizes[i]);
  EXPECT_EQ(socket_.counted(PortCounter::gso_trains), 2u) << "1000 1000 900, 1000, 1100 1100 1";
}

TEST_P(SocketPortTest, SplitsWhatIsTooMuchForOneTrain) {
  for (std::size_t i = 0; i < 100; ++i) EXPECT_TRUE(socket_.send(numbered_one(i, 100), path_));
  for (std::size_t i = 0; i < 50; ++i) EXPECT_TRUE(socket_.send(numbered_one(i, 1400), path_));
  socket_.flush();
  const auto got = peer_receives(150, Ecn::not_ect);
  ASSERT_EQ(got.size(), 150u);
  for (std::size_t i = 0; i < 100; ++i) EXPECT_EQ(got[i], numbered_one(i, 100));
  for (std::size_t i = 0; i < 50; ++i) EXPECT_EQ(got[100 + i], numbered_one(i, 1400));
  EXPECT_EQ(socket_.counted(PortCounter::gso_trains), 4u);
}

TEST_P(SocketPortTest, DoesNotMixPathsOrEcn) {
  PlainSocket other(GetParam().v6);
  const Path other_path = socket_.path_to(other.address());
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(socket_.send("mine", path_, Ecn::ect0));
    EXPECT_TRUE(socket_.send("hers", other_path, Ecn::ect1));
    EXPECT_TRUE(socket_.send("hers", other_path, Ecn::ce));
  }
  socket_.flush();
  EXPECT_EQ(peer_receives(3, Ecn::ect0), std::vector<std::string>(3, "mine"));
  for (int i = 0; i < 6; ++i) {
    const auto received = other.receive();
    ASSERT_TRUE(received);
    EXPECT_EQ(received->payload, "hers");
    EXPECT_EQ(received->ecn, i % 2 == 0 ? Ecn::ect1 : Ecn::ce);
  }
  EXPECT_EQ(socket_.counted(PortCounter::gso_trains), 0u);
}

TEST_P(SocketPortTest, SendsFramesOfAnyPoolAndGivesThemBack) {
  std::vector<std::uint8_t> memory(8 * 1024);
  std::vector<FrameWord> words(8);
  PoolCounters counters;
  SlabPool foreign({4242, 1024, 32}, memory, words, counters);
  while (auto frame = foreign.acquire()) {
    frame->room()[0] = 'f';
    frame->resize(1);
    socket_.port->send(std::move(*frame), path_, Ecn::ect1);
  }
  socket_.flush();
  EXPECT_EQ(peer_receives(8, Ecn::ect1), std::vector<std::string>(8, "f"));
  EXPECT_EQ(foreign.count().free, 8u);
  expect_all_frames_home();
}

TEST_P(SocketPortTest, SendsSlicesWhereTheyLie) {
  peer_.send(socket_.address, numbered(30, 700), Ecn::not_ect, 700);
  for (Datagram& datagram : socket_.receive(30))
    socket_.port->send(std::move(datagram.frame), path_, Ecn::not_ect);
  socket_.flush();
  const auto got = peer_receives(30, Ecn::not_ect);
  ASSERT_EQ(got.size(), 30u);
  for (std::size_t i = 0; i < 30; ++i) EXPECT_EQ(got[i], numbered_one(i, 700));
  EXPECT_EQ(socket_.counted(PortCounter::gso_trains), 1u);
  expect_all_frames_home();
}

TEST_P(SocketPortTest, WhatIsTooLargeIsLostAlone) {
  std::vector<std::uint8_t> memory(std::size_t{1} << 17);
  std::vector<FrameWord> words(1);
  PoolCounters counters;
  SlabPool huge({4242, memory.size(), 0}, memory, words, counters);
  EXPECT_TRUE(socket_.send("before", path_));
  auto frame = std::move(*huge.acquire());
  frame.resize(70000);
  socket_.port->send(std::move(frame), path_, Ecn::not_ect);
  EXPECT_TRUE(socket_.send("behind", path_));
  socket_.flush();
  EXPECT_EQ(peer_receives(2, Ecn::not_ect), (std::vector<std::string>{"before", "behind"}));
  EXPECT_EQ(socket_.counted(PortCounter::drop_send_failed), 1u);
  EXPECT_EQ(socket_.counted(PortCounter::sent_datagrams), 2u);
  EXPECT_EQ(huge.count().free, 1u);
  expect_all_frames_home();
}

TEST_P(SocketPortTest, ATrainThatTheKernelRefusesIsSentSingly) {
  Path no_way = path_;
  no_way.remote = SocketAddress(path_.remote.ip(), 0);  // EINVAL for the train and for each of it
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(socket_.send("nowhere", no_way));
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(socket_.send("somewhere", path_));
  socket_.flush();
  EXPECT_EQ(peer_receives(3, Ecn::not_ect), std::vector<std::string>(3, "somewhere"));
  EXPECT_EQ(socket_.counted(PortCounter::drop_send_failed), 3u);
  EXPECT_EQ(socket_.counted(PortCounter::sent_datagrams), 3u);
  expect_all_frames_home();
}

TEST_P(SocketPortTest, SendsFromItsOwnUdpPortAlone) {
  Path wrong = path_;
  wrong.local = SocketAddress(path_.local.ip(), 1);
  EXPECT_TRUE(socket_.send("x", wrong));
  socket_.flush();
  EXPECT_EQ(socket_.counted(PortCounter::drop_send_failed), 1u);
  expect_all_frames_home();
}

TEST_P(SocketPortTest, SaysHowLargeADatagramMayBe) {
  const std::size_t headers = GetParam().v6 ? 48 : 28;
  EXPECT_EQ(socket_.port->max_payload(path_), 1500 - headers);
  SocketPortFixture jumbo(GetParam(), 9000);
  EXPECT_EQ(jumbo.port->max_payload(path_), 9000 - headers);
  EXPECT_GE(jumbo.port->acquire(path_)->room().size(), 9000 - headers);
}

TEST_P(SocketPortTest, ListsEveryPoolThatItReceivesInto) {
  peer_.send(socket_.address, numbered(2, 100), Ecn::not_ect, 100);
  peer_.send(socket_.address, "alone");
  const auto datagrams = socket_.receive(3);
  ASSERT_EQ(datagrams.size(), 3u);
  std::size_t frames = 0;
  const auto pools = socket_.port->receive_pools();
  for (const ReceivePool& pool : pools) frames += pool.frames;
  EXPECT_LE(frames, SocketPort::kReceiveFrames) << "the frames that may be out are not counted twice";
  for (const Datagram& datagram : datagrams)
    EXPECT_TRUE(std::ranges::any_of(
        pools, [&](const ReceivePool& one) { return one.pool == datagram.frame.pool(); }));
}

TEST_P(SocketPortTest, RefusesAPortThatIsTaken) {
  std::vector<FrameWord> receive_words(SocketPort::kReceiveFrames),
      transmit_words(SocketPort::kTransmitFrames);
  const auto second = GetParam().open({GetParam().v6 ? PortId::socket6 : PortId::socket4, peer_.address()},
                                      {receive_words, transmit_words, &socket_.receive_counters,
                                       &socket_.transmit_counters, &socket_.counters});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().kind, ErrorKind::busy) << second.error().message;
}

INSTANTIATE_TEST_SUITE_P(Sockets, SocketPortTest,
                         testing::Values(SocketKind{"Calls4", open_any<UdpPort>, false},
                                         SocketKind{"Calls6", open_any<UdpPort>, true},
                                         SocketKind{"Uring4", open_any<UringPort>, false},
                                         SocketKind{"Uring6", open_any<UringPort>, true}),
                         [](const auto& tested) { return tested.param.name; });

}  // namespace
}  // namespace quicrx::test
