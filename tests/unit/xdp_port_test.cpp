// SPDX-License-Identifier: MIT
/// The AF_XDP port over rings in plain memory: the test plays the kernel and the NIC.
#include "port/xdp_port.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <random>

#include "net/header_template.h"
#include "quicrx/pool_conformance.h"

namespace quicrx::test {
namespace {

constexpr std::uint32_t kRing = 128;
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
  XdpPortTest() : XdpPortTest(XdpPort::Config{}) {}

  explicit XdpPortTest(const XdpPort::Config& config)
      : config_(config),
        receive_words_(kHalf),
        transmit_words_(kHalf),
        gather_words_(config.plan.gather_frames) {
    if (config_.interface.mtu == 0) config_.interface.mtu = 1500;
    config_.plan.chunk_bytes = kFrame;
    config_.plan.receive_frames = config_.plan.transmit_frames = kHalf;
    config_.plan.receive_ring = config_.plan.fill_ring = config_.plan.transmit_ring = kRing;
    auto memory = map_umem(config_.plan.umem_bytes());
    auto gather = map_umem(std::size_t{config_.plan.gather_frames} * config_.plan.gather_frame_bytes);
    umem_ = memory->mapping.bytes();
    XskRings rings;
    rings.fill = fill_.memory();
    rings.completion = completion_.memory();
    rings.receive = receive_.memory();
    rings.transmit = transmit_.memory();
    const XdpPort::Storage storage{{receive_words_, &pool_counters_[0]},
                                   {transmit_words_, &pool_counters_[1]},
                                   {gather_words_, &pool_counters_[2]},
                                   &counters_};
    port_ = std::make_unique<XdpPort>(config_, storage, std::move(*memory), std::move(*gather),
                                      XskSocket(std::move(rings)));
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
    const std::size_t headers = HeaderTemplate(path_.remote, path_.local, {}).write(room, Ecn::ect1);
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
  std::vector<FrameWord> receive_words_, transmit_words_, gather_words_;
  std::array<PoolCounters, 3> pool_counters_;
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

TEST_F(XdpPortTest, ItsTransmitPoolConforms) {
  EXPECT_EQ(check_conformance(*port_->transmit_pool(path_)), std::vector<std::string>{});
  EXPECT_EQ(receive_counts().fill, kHalf);
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

TEST_F(XdpPortTest, CopiesAFrameOfAnotherPool) {
  ASSERT_TRUE(deliver("hello"));
  ASSERT_EQ(receive(), 1u);
  port_->send(std::move(batch_[0].frame), path_, Ecn::not_ect);
  port_->flush();
  EXPECT_EQ(counters_.get(PortCounter::moved_frames), 1u);
  EXPECT_EQ(receive_counts().fill, kHalf);
  ASSERT_EQ(transmit_.producer - transmit_.consumer, 1u);
  EXPECT_EQ(transmit_counts().transmit, 1u);
  const xdp_desc& sent = transmit_.entries[transmit_.consumer % kRing];
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(umem_.data()) + sent.addr + sent.len - 5, 5), "hello");
}

TEST_F(XdpPortTest, AFrameThatIsSentCountsOnItsAccountUntilItIsBack) {
  FrameAccount account;
  auto frame = port_->acquire(path_);
  ASSERT_TRUE(frame);
  frame->resize(100);
  frame->charge(account.charge());
  EXPECT_EQ(account.out(), 1u);
  port_->send(std::move(*frame), path_, Ecn::not_ect);
  port_->flush();
  EXPECT_EQ(account.out(), 1u);
  completion_.entries[completion_.producer++ % kRing] =
      transmit_.entries[transmit_.consumer++ % kRing].addr / kFrame * kFrame;
  EXPECT_EQ(receive(), 0u);
  EXPECT_EQ(account.out(), 0u);
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

class JumboPortTest : public XdpPortTest {
 protected:
  JumboPortTest() : XdpPortTest(jumbo()) {}

  static XdpPort::Config jumbo() {
    XdpPort::Config config;
    config.interface.mtu = 5000;
    config.plan.transmit_chunks = 3;
    config.plan.gather_frames = 2;
    config.plan.gather_frame_bytes = 5100;
    return config;
  }

  /// A datagram as the kernel delivers one that is larger than a chunk: `part` bytes a descriptor.
  void deliver_in_parts(const std::string& payload, std::size_t part) {
    std::vector<std::uint8_t> packet(payload.size() + 100);
    std::ranges::copy(payload, packet.begin() + 100);
    const MutableBytes room = MutableBytes(packet).subspan(100);
    const std::size_t headers = HeaderTemplate(path_.remote, path_.local, {}).write(room, Ecn::ect1);
    const Bytes whole = Bytes(packet).subspan(100 - headers);
    for (std::size_t at = 0; at < whole.size(); at += part) {
      const std::uint64_t frame = fill_.entries[fill_.consumer++ % kRing] + 256;
      const Bytes piece = whole.subspan(at, std::min(part, whole.size() - at));
      std::ranges::copy(piece, umem_.subspan(frame).begin());
      const bool more = at + part < whole.size();
      show({.addr = frame, .len = static_cast<std::uint32_t>(piece.size()), .options = more ? 1u : 0u});
    }
  }

  std::string received(std::size_t at) {
    return {batch_[at].frame.payload().begin(), batch_[at].frame.payload().end()};
  }
};

std::string pattern(std::size_t bytes) {
  std::string text(bytes, 0);
  for (std::size_t i = 0; i < bytes; ++i) text[i] = static_cast<char>(i * 7 + i / 256);
  return text;
}

TEST_F(JumboPortTest, PutsAPacketOfSeveralFramesTogether) {
  deliver_in_parts(pattern(4800), 1500);
  ASSERT_EQ(receive(1), 0u) << "a part a turn: the batch may end within a packet";
  ASSERT_EQ(receive(), 1u);
  EXPECT_EQ(received(0), pattern(4800));
  EXPECT_EQ(batch_[0].path.remote, path_.remote);
  EXPECT_EQ(counters_.get(PortCounter::gathered_datagrams), 1u);
  EXPECT_EQ(count_states(gather_words_).held, 1u);
  ASSERT_TRUE(deliver("small"));
  ASSERT_EQ(receive(), 1u);
  EXPECT_EQ(received(0), "small");
  port_->flush();
  EXPECT_EQ(count_states(gather_words_).free, 2u);
  batch_[0].frame = Frame();
  port_->flush();
  EXPECT_EQ(receive_counts().fill, kHalf);
}

TEST_F(JumboPortTest, LosesOnlyThePacketThatCannotBePutTogether) {
  for (int i = 0; i < 3; ++i) deliver_in_parts(pattern(3000), 1500);
  ASSERT_EQ(receive(), 2u) << "there are two frames to gather in";
  EXPECT_EQ(counters_.get(PortCounter::drop_not_gathered), 1u);
  for (Datagram& datagram : batch_) datagram.frame = Frame();
  deliver_in_parts(pattern(5200), 1500);  // longer than any packet of this MTU
  deliver_in_parts(pattern(3000), 1500);
  const std::uint32_t before = receive_.producer;
  deliver_in_parts(pattern(3000), 1500);
  receive_.entries[before % kRing].len = 60'000;  // a descriptor that cannot be
  deliver_in_parts(pattern(2000), 1500);
  ASSERT_EQ(receive(), 2u);
  EXPECT_EQ(received(0), pattern(3000));
  EXPECT_EQ(received(1), pattern(2000));
  EXPECT_EQ(counters_.get(PortCounter::drop_not_gathered), 3u);
  for (Datagram& datagram : batch_) datagram.frame = Frame();
  port_->flush();
  EXPECT_EQ(receive_counts().fill, kHalf);
  EXPECT_EQ(count_states(gather_words_).free, 2u);
}

TEST_F(JumboPortTest, SendsOneDescriptorForEachChunk) {
  ASSERT_TRUE(send(pattern(4900)));
  ASSERT_TRUE(send("small"));
  port_->flush();
  ASSERT_EQ(transmit_.producer - transmit_.consumer, 4u);
  std::vector<std::uint8_t> packet;
  for (std::uint32_t i = 0; i < 3; ++i) {
    const xdp_desc part = transmit_.entries[(transmit_.consumer + i) % kRing];
    EXPECT_EQ(part.options, i < 2 ? 1u : 0u);
    EXPECT_EQ(part.addr / kFrame, (part.addr + part.len - 1) / kFrame) << "within a chunk";
    const Bytes bytes = umem_.subspan(part.addr, part.len);
    packet.insert(packet.end(), bytes.begin(), bytes.end());
  }
  const auto parsed = parse_frame(packet);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(std::string(packet.begin() + static_cast<long>(parsed->payload_offset), packet.end()),
            pattern(4900));
  complete();
  complete();
  port_->flush();
  EXPECT_EQ(transmit_counts().transmit, 2u) << "not back before its last chunk";
  EXPECT_EQ(port_->frames_in_transmit(), 2u);
  complete();
  complete();
  port_->flush();
  EXPECT_EQ(transmit_counts().free, kHalf);
  EXPECT_EQ(port_->frames_in_transmit(), 0u);
  complete();  // of nothing that is out
  EXPECT_EQ(receive(), 0u);
  EXPECT_EQ(pool_counters_[1].get(PoolCounter::bad_descriptor), 1u);
}

TEST_F(JumboPortTest, HasRoomForEveryChunkOfEveryFrame) {
  for (std::uint32_t i = 0; i < kHalf; ++i) EXPECT_TRUE(send(pattern(4900)));
  EXPECT_FALSE(send("x"));
  port_->flush();
  EXPECT_EQ(transmit_.producer - transmit_.consumer, 3 * kHalf);
  EXPECT_EQ(counters_.get(PortCounter::drop_send_failed), 0u);
  for (std::uint32_t i = 0; i < 3 * kHalf; ++i) complete();
  EXPECT_EQ(receive(), 0u);
  EXPECT_EQ(transmit_counts().free, kHalf);
}

TEST(DeviceClock, TellsArrivalsInOurClock) {
  const Timestamp sampled{std::chrono::hours(1)};
  const DeviceClock clock(ClockSample{.device_ns = 5'000'000'000'000, .ours = sampled});
  const auto now = sampled + std::chrono::milliseconds(10);
  EXPECT_EQ(clock.arrival(5'000'009'000'000, now), sampled + std::chrono::milliseconds(9));
  EXPECT_EQ(clock.arrival(4'999'990'000'000, now), sampled - std::chrono::milliseconds(10))
      << "before the sample";
  EXPECT_EQ(clock.arrival(5'000'010'100'000, now), now) << "not in the future, whatever the clocks' drift";
  for (const std::uint64_t impossible :
       {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{5'000'021'000'000},
        std::uint64_t{4'999'000'000'000}, ~std::uint64_t{0}, std::uint64_t{1} << 63})
    EXPECT_FALSE(clock.arrival(impossible, now)) << impossible;
}

class MetadataPortTest : public XdpPortTest {
 protected:
  MetadataPortTest() : XdpPortTest(with_metadata()) {}

  static XdpPort::Config with_metadata() {
    XdpPort::Config config;
    config.receive_metadata = true;
    return config;
  }

  void deliver_told(const quicrx_metadata& told) {
    ASSERT_TRUE(deliver("hello"));
    const std::uint64_t packet = receive_.entries[(receive_.producer - 1) % kRing].addr;
    std::memcpy(umem_.subspan(packet - sizeof(told)).data(), &told, sizeof(told));
  }
};

TEST_F(MetadataPortTest, TakesHashAndArrivalFromTheNic) {
  const Timestamp now{std::chrono::hours(1)};
  deliver_told({.timestamp_ns = 999'000, .hash = 0x1234, .unused = 0});
  ASSERT_EQ(port_->receive(batch_, now), 1u);
  EXPECT_EQ(batch_[0].flow_hash, 0x1234u);
  EXPECT_EQ(batch_[0].arrival, now) << "no clock to read the timestamp by";

  port_->use_clock(DeviceClock(ClockSample{.device_ns = 1'000'000, .ours = now}));
  deliver_told({.timestamp_ns = 999'000, .hash = 0, .unused = 0});
  deliver_told({.timestamp_ns = 77, .hash = 0, .unused = 0});
  deliver_told({.timestamp_ns = std::uint64_t{1} << 60, .hash = 0, .unused = 0});
  ASSERT_EQ(port_->receive(batch_, now), 3u);
  EXPECT_EQ(batch_[0].arrival, now - std::chrono::microseconds(1));
  EXPECT_EQ(batch_[0].flow_hash, 0u);
  EXPECT_EQ(batch_[2].arrival, now);
  EXPECT_EQ(counters_.get(PortCounter::hashed_datagrams), 1u);
  EXPECT_EQ(counters_.get(PortCounter::timestamped_datagrams), 2u);
  EXPECT_EQ(counters_.get(PortCounter::bad_timestamps), 1u);
}

}  // namespace
}  // namespace quicrx::test
