// SPDX-License-Identifier: MIT
/// What is io_uring's own; the rest is in socket_port_test.cpp.
#include "port/uring_port.h"

#include <gtest/gtest.h>
#include <poll.h>

#include <thread>

#include "quicrx/pool_conformance.h"
#include "socket_port_fixture.h"

namespace quicrx::test {
namespace {

Result<std::unique_ptr<SocketPort>> open_uring(const SocketPort::Config& config,
                                               const SocketPort::Storage& storage) {
  return UringPort::open(config, storage);
}

class UringPortTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!socket_.port) GTEST_SKIP() << socket_.lacking;
  }
  void send_to_port(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) peer_.send(socket_.address, numbered_one(i, 100));
  }

  SocketPortFixture socket_{{"", open_uring}};
  PlainSocket peer_{false};
  const Path path_ = socket_.path_to(peer_.address());
};

TEST_F(UringPortTest, LendsFramesToTheKernel) {
  EXPECT_EQ(socket_.receive_frames().fill, ProvidedBuffers::kMostLent);
}

TEST_F(UringPortTest, GoesOnWhenFramesThatAnotherThreadHeldAreBack) {
  constexpr std::size_t kFrames = SocketPort::kReceiveFrames;
  for (int round = 0; round < 3; ++round) {
    send_to_port(kFrames);
    auto held = socket_.receive(kFrames);
    ASSERT_EQ(held.size(), kFrames);
    EXPECT_EQ(socket_.receive_frames().held, kFrames);
    send_to_port(10);
    std::vector<Datagram> out(kBatch);
    EXPECT_EQ(socket_.port->receive(out, Clock::now()), 0u) << "no frame is free";
    socket_.port->flush();
    EXPECT_TRUE(socket_.port->has_unsent()) << "nobody tells when frames are back: look again";
    std::thread([&] { held.clear(); }).join();
    socket_.port->flush();
    EXPECT_FALSE(socket_.port->has_unsent());
    const auto rest = socket_.receive(10);
    ASSERT_EQ(rest.size(), 10u) << "they waited in the socket";
    for (std::size_t i = 0; i < rest.size(); ++i) EXPECT_EQ(text_of(rest[i]), numbered_one(i, 100));
  }
  EXPECT_EQ(socket_.receive_counters.get(PoolCounter::bad_descriptor), 0u);
}

TEST_F(UringPortTest, LooksAgainWhenTheKernelDidNotTakeTheRequest) {
  send_to_port(SocketPort::kReceiveFrames);
  auto held = socket_.receive(SocketPort::kReceiveFrames);
  std::vector<Datagram> out(kBatch);
  EXPECT_EQ(socket_.port->receive(out, Clock::now()), 0u);
  ASSERT_TRUE(socket_.port->has_unsent()) << "no frame is free, so the request has ended";
  held.clear();
  // The ring is this thread's: from another the kernel takes no request.
  std::thread([&] { socket_.port->flush(); }).join();
  EXPECT_TRUE(socket_.port->has_unsent()) << "else nobody would make the request again";
  socket_.port->flush();
  EXPECT_FALSE(socket_.port->has_unsent());
  send_to_port(1);
  EXPECT_EQ(socket_.receive(1).size(), 1u);
}

TEST_F(UringPortTest, ItsPoolsConform) {
  FramePool& receive = *socket_.port->receive_pools()[0].pool;
  EXPECT_EQ(check_conformance(receive), std::vector<std::string>{});
  EXPECT_EQ(receive.count().fill, ProvidedBuffers::kMostLent);
  EXPECT_EQ(check_conformance(*socket_.port->transmit_pool(path_)), std::vector<std::string>{});
}

TEST_F(UringPortTest, FramesInTransmitCountAsSuchUntilTheyAreBack) {
  for (std::size_t i = 0; i < 5; ++i) EXPECT_TRUE(socket_.send("x", path_));
  EXPECT_EQ(socket_.transmit_frames().transmit, 5u);
  EXPECT_EQ(socket_.port->frames_in_transmit(), 5u);
  EXPECT_TRUE(socket_.port->has_unsent());
  socket_.flush();
  EXPECT_EQ(socket_.port->frames_in_transmit(), 0u);
  EXPECT_EQ(socket_.transmit_frames().free, SocketPort::kTransmitFrames);
}

TEST_F(UringPortTest, AFrameStaysOnItsAccountUntilItIsSent) {
  FrameAccount account;
  auto frame = std::move(*socket_.port->acquire(path_));
  frame.resize(10);
  frame.charge(account.charge());
  socket_.port->send(std::move(frame), path_, Ecn::not_ect);
  EXPECT_EQ(account.out(), 1u);
  socket_.flush();
  EXPECT_EQ(account.out(), 0u);
}

TEST_F(UringPortTest, RefusesAFrameThatIsNoPresentLoan) {
  auto frame = std::move(*socket_.port->acquire(path_));
  frame.resize(10);
  const Tag tag = frame.tag();
  socket_.port->transmit_pool(path_)->release(tag);
  socket_.port->send(std::move(frame), path_, Ecn::not_ect);
  socket_.flush();
  EXPECT_EQ(socket_.counted(PortCounter::drop_send_failed), 1u);
  EXPECT_EQ(socket_.transmit_frames().free, SocketPort::kTransmitFrames);
}

TEST_F(UringPortTest, ClosesWithSendsAndReceivesUnderWay) {
  for (int round = 0; round < 20; ++round) {
    SocketPortFixture closed({"", open_uring});
    for (std::size_t i = 0; i < 100; ++i) {
      EXPECT_TRUE(closed.send(std::string(1400, 'x'), closed.path_to(peer_.address())));
      peer_.send(closed.address, "on its way");
    }
    if (round % 2 == 0) closed.port->flush();
    closed.port.reset();
  }
}

TEST_F(UringPortTest, ServesTheThreadThatAdoptsIt) {
  const SocketAddress address = PlainSocket(false).address();
  std::vector<FrameWord> receive_words(SocketPort::kReceiveFrames);
  std::vector<FrameWord> transmit_words(SocketPort::kTransmitFrames);
  auto opened =
      UringPort::open({PortId::socket4, address}, {receive_words, transmit_words, &socket_.receive_counters,
                                                   &socket_.transmit_counters, &socket_.counters});
  ASSERT_TRUE(opened) << opened.error().message;
  SocketPort& port = **opened;
  std::thread([&] {
    ASSERT_TRUE(port.adopt());
    peer_.send(address, "to a thread");
    std::vector<Datagram> out(kBatch);
    const Timestamp limit = Clock::now() + std::chrono::seconds(1);
    std::size_t got = 0;
    while (got == 0 && Clock::now() < limit) got = port.receive(out, Clock::now());
    ASSERT_EQ(got, 1u);
    EXPECT_EQ(text_of(out[0]), "to a thread");
  }).join();
  EXPECT_FALSE(port.adopt()) << "not any other's";
  opened->reset();  // by another thread than its own, which has ended
}

TEST_F(UringPortTest, ZeroCopyIsGivenUpWhereTheKernelCopies) {
  SocketPortFixture jumbo({"", open_uring}, 9000);
  const Path path = jumbo.path_to(peer_.address());
  for (std::size_t round = 0; round < 20; ++round) {
    for (std::size_t i = 0; i < 4; ++i) EXPECT_TRUE(jumbo.send(numbered_one(round * 4 + i, 8900), path));
    jumbo.flush();
    EXPECT_EQ(jumbo.transmit_frames().free, SocketPort::kTransmitFrames) << "with the notification";
    for (std::size_t i = 0; i < 4; ++i) {
      const auto received = peer_.receive();
      ASSERT_TRUE(received);
      EXPECT_EQ(received->payload, numbered_one(round * 4 + i, 8900));
    }
  }
  EXPECT_LE(jumbo.counted(PortCounter::zero_copy_trains), 8u);
  EXPECT_EQ(jumbo.counted(PortCounter::gso_trains), 20u);
  EXPECT_EQ(jumbo.counted(PortCounter::sent_datagrams), 80u);
  EXPECT_EQ(jumbo.counted(PortCounter::drop_send_failed), 0u);
}

TEST_F(UringPortTest, ItsDescriptorIsReadableOnlyWhenSomethingArrived) {
  for (std::size_t i = 0; i < 5; ++i) EXPECT_TRUE(socket_.send("x", path_));
  socket_.flush();
  pollfd polled{socket_.port->descriptor(), POLLIN, 0};
  EXPECT_EQ(poll(&polled, 1, 0), 0);
  EXPECT_FALSE(socket_.port->has_received());
  peer_.send(socket_.address, "x");
  EXPECT_EQ(poll(&polled, 1, 1000), 1);
  EXPECT_TRUE(socket_.port->has_received());
  EXPECT_EQ(socket_.receive(1).size(), 1u);
  EXPECT_EQ(poll(&polled, 1, 0), 0);
}

}  // namespace
}  // namespace quicrx::test
