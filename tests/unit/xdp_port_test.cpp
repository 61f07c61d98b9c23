// SPDX-License-Identifier: MIT
/// The AF_XDP port over rings in plain memory: the test plays the kernel and the NIC.
#include "port/xdp_port.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <random>

#include "net/headers.h"

namespace quicrx::test {
namespace {

constexpr std::uint32_t kRing = 64;
constexpr std::uint32_t kHalf = 32;  // frames each way
constexpr std::uint32_t kFrame = 2048;

template <typename Entry>
struct PlainRing {
  RingMemory<Entry> memory() { return {&producer, &consumer, &flags, entries.data(), kRing}; }

  std::uint32_t producer = 0xfffffff0;  // near the wrap
  std::uint32_t consumer = 0xfffffff0;
  std::uint32_t flags = 0;
  std::array<Entry, kRing> entries{};
};

class XdpPortTest : public testing::Test {
 protected:
  XdpPortTest() : receive_words_(kHalf), transmit_words_(kHalf) {
    config_.interface.mtu = 1500;
    config_.plan = {.frame_bytes = kFrame,
                    .receive_frames = kHalf,
                    .transmit_frames = kHalf,
                    .receive_ring = kRing,
                    .fill_ring = kRing,
                    .transmit_ring = kRing};
    auto memory = map_umem(std::size_t{2} * kHalf * kFrame);
    umem_ = memory->mapping.bytes();
    XskRings rings;
    rings.fill = fill_.memory();
    rings.completion = completion_.memory();
    rings.receive = receive_.memory();
    rings.transmit = transmit_.memory();
    const XdpPort::Storage storage{
        {receive_words_, &pool_counters_[0]}, {transmit_words_, &pool_counters_[1]}, &counters_};
    port_ = std::make_unique<XdpPort>(config_, storage, std::move(*memory), XskSocket(std::move(rings)));
    path_.local = SocketAddress(std::vector<std::uint8_t>{192, 0, 2, 1}, 443);
    path_.remote = SocketAddress(std::vector<std::uint8_t>{192, 0, 2, 2}, 5000);
    EXPECT_EQ(receive(), 0u);
  }

  std::size_t receive(std::size_t most = kBatch) { return port_->receive(std::span(batch_).first(most), {}); }
  FrameCounts receive_counts() { return count_states(receive_words_); }
  FrameCounts transmit_counts() { return count_states(transmit_words_); }

  /// The NIC takes a frame from the fill ring; the driver puts a datagram into it, and the kernel shows it.
  bool deliver(const std::string& payload) {
    if (fill_.producer == fill_.consumer) return false;
    const std::uint64_t frame = fill_.entries[fill_.consumer++ % kRing];
    MutableBytes room = umem_.subspan(frame + 400, payload.size());
    std::ranges::copy(payload, room.begin());
    const std::size_t headers = write_headers(room, path_.remote, path_.local, {}, Ecn::ect1);
    show({.addr = frame + 400 - headers,
          .len = static_cast<std::uint32_t>(headers + payload.size()),
          .options = 0});
    return true;
  }
  void show(const xdp_desc& descriptor) { receive_.entries[receive_.producer++ % kRing] = descriptor; }

  bool send(const std::string& payload) {
    auto frame = port_->acquire(path_);
    if (!frame) return false;
    std::ranges::copy(payload, frame->room().begin());
    frame->resize(payload.size());
    port_->send(std::move(*frame), path_, Ecn::ce);
    return true;
  }
  /// The NIC has sent what is first on the transmit ring.
  void complete() {
    completion_.entries[completion_.producer++ % kRing] =
        transmit_.entries[transmit_.consumer++ % kRing].addr;
  }

  XdpPort::Config config_;
  PlainRing<std::uint64_t> fill_, completion_;
  PlainRing<xdp_desc> receive_, transmit_;
  std::vector<FrameWord> receive_words_, transmit_words_;
  std::array<PoolCounters, 2> pool_counters_;
  PortCounters counters_;
  MutableBytes umem_;
  Path path_;
  std::unique_ptr<XdpPort> port_;
  std::vector<Datagram> batch_ = std::vector<Datagram>(kBatch);
};

TEST_F(XdpPortTest, LendsEveryReceiveFrameAtOnce) {
  EXPECT_EQ(fill_.producer - fill_.consumer, kHalf);
  EXPECT_EQ(receive_counts().fill, kHalf);
  EXPECT_EQ(transmit_counts().free, kHalf);
}

TEST_F(XdpPortTest, HandsOutThePayloadWhereItLies) {
  ASSERT_TRUE(deliver("hello"));
  ASSERT_EQ(receive(), 1u);
  const Datagram& datagram = batch_[0];
  EXPECT_EQ(std::string(datagram.frame.payload().begin(), datagram.frame.payload().end()), "hello");
  EXPECT_GE(datagram.frame.payload().data(), umem_.data());
  EXPECT_LT(datagram.frame.payload().data(), umem_.data() + umem_.size());
  EXPECT_EQ(datagram.path.local, path_.local);
  EXPECT_EQ(datagram.path.remote, path_.remote);
  EXPECT_EQ(datagram.ecn, Ecn::ect1);
  EXPECT_EQ(receive_counts().held, 1u);
  batch_[0].frame = Frame();
  port_->flush();
  EXPECT_EQ(receive_counts().fill, kHalf) << "given back in the same turn";
}

TEST_F(XdpPortTest, NeverTakesMoreThanItCanGiveBack) {
  std::mt19937 random(1);
  std::vector<Frame> held;
  for (int turn = 0; turn < 20'000; ++turn) {
    for (std::size_t n = random() % 40; n > 0; --n) deliver("x");
    for (std::size_t i = 0, count = receive(random() % kBatch + 1); i < count; ++i)
      held.push_back(std::move(batch_[i].frame));
    while (held.size() > random() % 20) held.pop_back();
    port_->flush();
    const FrameCounts counts = receive_counts();
    ASSERT_EQ(counts.total(), kHalf);
    ASSERT_EQ(counts.held, held.size());
    ASSERT_EQ(counts.free, 0u) << "the fill ring always has room";
    ASSERT_LE(fill_.producer - fill_.consumer, kRing);
  }
  EXPECT_EQ(pool_counters_[0].get(PoolCounter::bad_descriptor), 0u);
}

TEST_F(XdpPortTest, WaitsForCompletionsWhenEveryTransmitFrameIsOut) {
  for (std::uint32_t i = 0; i < kHalf; ++i) EXPECT_TRUE(send("x"));
  EXPECT_FALSE(send("x"));
  EXPECT_EQ(counters_.get(PortCounter::no_transmit_frame), 1u);
  EXPECT_EQ(transmit_counts().transmit, kHalf);
  port_->flush();
  EXPECT_EQ(transmit_.producer - transmit_.consumer, kHalf);
  ASSERT_TRUE(deliver("hello"));
  EXPECT_EQ(receive(), 1u) << "receive goes on";
  complete();
  EXPECT_TRUE(send("y")) << "and the first completion lets the next one go";
  EXPECT_FALSE(send("y"));
}

TEST_F(XdpPortTest, DoesNotReuseAFrameBeforeItsCompletion) {
  ASSERT_TRUE(send("first"));
  port_->flush();
  const std::uint64_t first = transmit_.entries[transmit_.consumer % kRing].addr / kFrame;
  for (std::uint32_t i = 1; i < kHalf; ++i) {
    ASSERT_TRUE(send("more"));
    port_->flush();
    ASSERT_NE(transmit_.entries[(transmit_.producer - 1) % kRing].addr / kFrame, first);
  }
}

TEST_F(XdpPortTest, AFrameThatIsNotFilledGoesStraightBack) {
  { auto frame = port_->acquire(path_); }
  EXPECT_EQ(transmit_counts().free, kHalf);
  port_->flush();
  EXPECT_EQ(transmit_.producer, transmit_.consumer);
}

TEST_F(XdpPortTest, WritesHeadersBeforeThePayload) {
  ASSERT_TRUE(send("payload"));
  port_->flush();
  const xdp_desc sent = transmit_.entries[transmit_.consumer % kRing];
  EXPECT_GE(sent.addr, std::uint64_t{kHalf} * kFrame) << "a transmit frame";
  const auto parsed = parse_frame(umem_.subspan(sent.addr, sent.len));
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->remote, path_.local);
  EXPECT_EQ(parsed->local, path_.remote);
  EXPECT_EQ(parsed->ecn, Ecn::ce);
  EXPECT_EQ(parsed->payload_bytes, 7u);
}

TEST_F(XdpPortTest, RefusesAFrameOfAnotherPool) {
  ASSERT_TRUE(deliver("hello"));
  ASSERT_EQ(receive(), 1u);
  port_->send(std::move(batch_[0].frame), path_, Ecn::not_ect);
  port_->flush();
  EXPECT_EQ(counters_.get(PortCounter::drop_send_failed), 1u);
  EXPECT_EQ(receive_counts().fill, kHalf);
  EXPECT_EQ(transmit_.producer, transmit_.consumer);
}

TEST_F(XdpPortTest, BelievesNoDescriptor) {
  ASSERT_TRUE(deliver("hello"));
  const xdp_desc good = receive_.entries[(receive_.producer - 1) % kRing];
  show(good);                                                              // twice
  show({.addr = std::uint64_t{kHalf} * kFrame, .len = 60, .options = 0});  // a transmit frame
  show({.addr = std::uint64_t{1} << 40, .len = 60, .options = 0});         // beyond the UMEM
  EXPECT_EQ(receive(), 1u);
  EXPECT_EQ(pool_counters_[0].get(PoolCounter::bad_descriptor), 3u);
  batch_[0].frame = Frame();
  completion_.entries[completion_.producer++ % kRing] = 0;                              // a receive frame
  completion_.entries[completion_.producer++ % kRing] = std::uint64_t{kHalf} * kFrame;  // never sent
  port_->flush();
  EXPECT_EQ(receive(), 0u);
  EXPECT_EQ(pool_counters_[1].get(PoolCounter::bad_descriptor), 2u);
  EXPECT_EQ(receive_counts().fill, kHalf);
  EXPECT_EQ(transmit_counts().free, kHalf);
}

TEST_F(XdpPortTest, DropsRubbishAndGivesItsFrameBack) {
  std::mt19937 random(1);
  for (int i = 0; i < 20'000; ++i) {
    ASSERT_NE(fill_.producer, fill_.consumer);
    const std::uint64_t frame = fill_.entries[fill_.consumer++ % kRing];
    const std::uint32_t length = static_cast<std::uint32_t>(random() % (i % 10 == 0 ? 4000 : 1600));
    for (std::uint32_t at = 0; at < std::min(length, 200u); ++at)
      umem_[frame + 256 + at] = static_cast<std::uint8_t>(random());
    if (i % 2 == 0) umem_[frame + 256 + 12] = 8, umem_[frame + 256 + 13] = 0, umem_[frame + 256 + 14] = 0x45;
    show({.addr = frame + 256, .len = length, .options = 0});
    const std::size_t count = receive();
    for (std::size_t at = 0; at < count; ++at) batch_[at].frame = Frame();
    port_->flush();
    ASSERT_EQ(receive_counts().fill, kHalf);
  }
  EXPECT_GT(counters_.get(PortCounter::drop_bad_frame), 19'000u);
}

TEST(UmemPlan, KeepsRoomForEveryFrameOnItsRing) {
  for (const std::uint32_t nic : {0u, 256u, 511u, 4096u, 8192u}) {
    for (const std::optional<std::uint32_t> frames :
         {std::optional<std::uint32_t>(), std::optional(128u), std::optional(129u), std::optional(5000u)}) {
      Interface interface;
      interface.mtu = 1500;
      interface.receive_ring_frames = nic;
      const auto plan = plan_umem(interface, frames);
      ASSERT_TRUE(plan);
      if (frames) {
        EXPECT_EQ(plan->frames(), *frames);
      }
      EXPECT_GE(plan->fill_ring, plan->receive_frames);
      EXPECT_GE(plan->fill_ring, plan->receive_ring + nic) << "as deep as the receive ring plus the NIC's";
      EXPECT_GE(plan->transmit_ring, plan->transmit_frames);
      for (const std::uint32_t ring : {plan->receive_ring, plan->fill_ring, plan->transmit_ring})
        EXPECT_TRUE(std::has_single_bit(ring));
      if (!frames) {
        EXPECT_GE(plan->receive_frames, plan->receive_ring + nic);
      }
    }
  }
}

TEST(UmemPlan, ChoosesFramesThatHoldTheMtuAndSuitTheDriver) {
  Interface interface;
  interface.mtu = 1500;
  EXPECT_EQ(plan_umem(interface, {})->frame_bytes, 2048u);
  interface.driver = "igb";
  EXPECT_EQ(plan_umem(interface, {})->frame_bytes, 4096u) << "it cuts frames in 2 KiB chunks";
  interface.driver = "veth";
  interface.mtu = 2048 - 256 - 22;
  EXPECT_EQ(plan_umem(interface, {})->frame_bytes, 2048u);
  interface.mtu += 1;
  EXPECT_EQ(plan_umem(interface, {})->frame_bytes, 4096u);
  interface.mtu = 4096 - 256 - 22;
  EXPECT_TRUE(plan_umem(interface, {}));
  interface.mtu += 1;
  EXPECT_FALSE(plan_umem(interface, {}));
}

}  // namespace
}  // namespace quicrx::test
