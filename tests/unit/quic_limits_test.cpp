// SPDX-License-Identifier: MIT
/// The pure parts that keep a peer within bounds.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "quic/connection_memory.h"
#include "quic/duplicate_window.h"
#include "quic/packet_content.h"
#include "quic/peer_conduct.h"
#include "quic/prefix_counts.h"
#include "quic/qlog_file.h"
#include "quic/replay_filter.h"
#include "quic/tls_message_filter.h"
#include "quic/token_bucket.h"

namespace quicrx::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Verdict = TlsMessageFilter::Verdict;

constexpr auto kInitial = NGTCP2_ENCRYPTION_LEVEL_INITIAL, kHandshake = NGTCP2_ENCRYPTION_LEVEL_HANDSHAKE;

std::vector<std::uint8_t> bytes_of(std::uint32_t value) {
  return {static_cast<std::uint8_t>(value >> 24), static_cast<std::uint8_t>(value >> 16),
          static_cast<std::uint8_t>(value >> 8), static_cast<std::uint8_t>(value)};
}

/// A TLS message: type, length, and a body of so many zeros.
std::vector<std::uint8_t> message(std::uint8_t type, std::uint32_t body) {
  std::vector<std::uint8_t> made = bytes_of(std::uint32_t{type} << 24 | body);
  made.resize(made.size() + body);
  return made;
}

TEST(ReplayFilter, RemembersForItsLifetimeAtTheLeast) {
  ReplayFilter filter({1, 2}, seconds(10), 100);
  EXPECT_FALSE(filter.seen(bytes_of(1), seconds(1000)));
  EXPECT_TRUE(filter.seen(bytes_of(1), seconds(1000)));
  EXPECT_FALSE(filter.seen(bytes_of(2), seconds(1009)));
  EXPECT_TRUE(filter.seen(bytes_of(2), seconds(1018))) << "in the generation before";
  EXPECT_TRUE(filter.seen(bytes_of(1), seconds(1009)));
  EXPECT_FALSE(filter.seen(bytes_of(1), seconds(1040))) << "long ago";
}

TEST(ReplayFilter, TakesEverythingForSeenWhenFull) {
  ReplayFilter filter({1, 2}, seconds(10), 3);
  for (std::uint32_t i = 0; i < 3; ++i) EXPECT_FALSE(filter.seen(bytes_of(i), seconds(1000)));
  EXPECT_TRUE(filter.seen(bytes_of(3), seconds(1000)));
  EXPECT_FALSE(filter.seen(bytes_of(4), seconds(1010)));
}

TEST(ReplayFilter, TellsOneThreadOnlyThatAThingIsNew) {
  constexpr std::uint32_t kThings = 100'000;
  ReplayFilter filter({1, 2}, seconds(10), kThings);
  std::atomic<std::uint32_t> news{0};
  const auto show = [&] {
    for (std::uint32_t i = 0; i < kThings; ++i)
      if (!filter.seen(bytes_of(i), seconds(1000))) ++news;
  };
  { const std::jthread one(show), two(show); }
  EXPECT_EQ(news, kThings);
}

TEST(TokenBucket, LetsABurstAndThenTheRate) {
  TokenBucket bucket(10, 5);
  Timestamp now(seconds(100));
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(bucket.take(now));
  EXPECT_FALSE(bucket.take(now));
  now += milliseconds(100);
  EXPECT_TRUE(bucket.take(now));
  EXPECT_FALSE(bucket.take(now));
  now += seconds(1000);
  int count = 0;
  while (bucket.take(now)) ++count;
  EXPECT_EQ(count, 5) << "it fills to its burst and no more";
}

TEST(TlsMessageFilter, LetsAHandshakeThroughInAnyPieces) {
  for (const std::size_t piece : {1, 3, 1000}) {
    TlsMessageFilter filter;
    const auto feed = [&](ngtcp2_encryption_level level, const std::vector<std::uint8_t>& data) {
      for (std::size_t at = 0; at < data.size(); at += piece) {
        const Bytes part = Bytes(data).subspan(at, std::min(piece, data.size() - at));
        if (const Verdict verdict = filter.accept(level, part); verdict != Verdict::good) return verdict;
      }
      return Verdict::good;
    };
    EXPECT_EQ(feed(kInitial, message(1, 300)), Verdict::good);
    EXPECT_EQ(feed(kInitial, message(1, 300)), Verdict::good) << "after a HelloRetryRequest";
    EXPECT_EQ(feed(kHandshake, message(11, 0)), Verdict::good);
    EXPECT_EQ(feed(kHandshake, message(15, 70'000)), Verdict::good);
    EXPECT_EQ(feed(kHandshake, message(20, 32)), Verdict::good);
    EXPECT_EQ(feed(kHandshake, message(20, 32)), Verdict::unexpected_message) << "nothing follows Finished";
  }
}

TEST(TlsMessageFilter, RefusesWhatAClientMayNotSay) {
  constexpr std::uint8_t kEndOfEarlyData = 5, kKeyUpdate = 24, kServerHello = 2, kFinished = 20, kHello = 1;
  for (const std::uint8_t type : {kEndOfEarlyData, kKeyUpdate, kServerHello, kFinished})
    EXPECT_EQ(TlsMessageFilter().accept(kInitial, message(type, 1)), Verdict::unexpected_message)
        << int{type};
  for (const std::uint8_t type : {kEndOfEarlyData, kKeyUpdate, kServerHello, kHello})
    EXPECT_EQ(TlsMessageFilter().accept(kHandshake, message(type, 1)), Verdict::unexpected_message)
        << int{type};
  for (const std::uint8_t type : {kFinished, kKeyUpdate, kHello})
    EXPECT_EQ(TlsMessageFilter().accept(NGTCP2_ENCRYPTION_LEVEL_1RTT, message(type, 1)),
              Verdict::unexpected_message);
}

TEST(TlsMessageFilter, RefusesAThirdHelloAndCompatibilityMode) {
  TlsMessageFilter filter;
  EXPECT_EQ(filter.accept(kInitial, message(1, 10)), Verdict::good);
  EXPECT_EQ(filter.accept(kInitial, message(1, 10)), Verdict::good);
  EXPECT_EQ(filter.accept(kInitial, message(1, 10)), Verdict::unexpected_message);
  std::vector<std::uint8_t> hello = message(1, 100);
  hello[4 + 2 + 32] = 32;
  EXPECT_EQ(TlsMessageFilter().accept(kInitial, hello), Verdict::compatibility_mode);
  TlsMessageFilter in_pieces;
  EXPECT_EQ(in_pieces.accept(kInitial, Bytes(hello).first(38)), Verdict::good);
  EXPECT_EQ(in_pieces.accept(kInitial, Bytes(hello).subspan(38)), Verdict::compatibility_mode);
}

TEST(ConnectionMemory, CountsAndRefuses) {
  MemoryReserve reserve(1 << 20);
  MemoryLimit shared(reserve);
  ConnectionMemory memory(10'000, shared);
  const ngtcp2_mem& allocator = *memory.allocator();
  void* first = allocator.malloc(4000, allocator.user_data);
  ASSERT_NE(first, nullptr);
  EXPECT_GE(memory.used(), 4000u);
  EXPECT_EQ(shared.used(), memory.used());
  EXPECT_EQ(allocator.calloc(100, 100, allocator.user_data), nullptr);
  EXPECT_TRUE(memory.exceeded());
  EXPECT_EQ(allocator.calloc(static_cast<std::size_t>(-1), 2, allocator.user_data), nullptr);
  first = allocator.realloc(first, 8000, allocator.user_data);
  ASSERT_NE(first, nullptr);
  EXPECT_EQ(allocator.realloc(first, 20'000, allocator.user_data), nullptr);
  first = allocator.realloc(first, 100, allocator.user_data);
  EXPECT_LT(memory.used(), 4000u);
  memory.lift();
  void* large = allocator.malloc(100'000, allocator.user_data);
  EXPECT_NE(large, nullptr);
  allocator.free(large, allocator.user_data);
  allocator.free(first, allocator.user_data);
  allocator.free(nullptr, allocator.user_data);
  EXPECT_EQ(memory.used(), 0u);
  EXPECT_EQ(shared.used(), 0u);
}

TEST(ConnectionMemory, WhoHasMoreThanItsShareGetsNoMoreWhereAllIsUsed) {
  MemoryReserve reserve(400'000);
  MemoryLimit shared(reserve);
  ConnectionMemory large(1 << 20, shared), small(1 << 20, shared);
  const auto take = [](ConnectionMemory& memory, std::size_t bytes) {
    return memory.allocator()->malloc(bytes, memory.allocator()->user_data);
  };
  void* most = take(large, 350'000);
  ASSERT_NE(most, nullptr) << "there is room";
  EXPECT_EQ(take(large, 100'000), nullptr);
  EXPECT_TRUE(large.exceeded());
  void* little = take(small, 100'000);
  EXPECT_NE(little, nullptr) << "below half of the limit, of which there are two";
  large.allocator()->free(most, large.allocator()->user_data);
  small.allocator()->free(little, small.allocator()->user_data);
  EXPECT_EQ(shared.used(), 0u);
  EXPECT_EQ(reserve.holders(), 2u);
}

/// What one endpoint does not use, the other can have; what ends, goes back.
TEST(MemoryReserve, IsForAllEndpointsTogether) {
  MemoryReserve reserve(1 << 20);
  MemoryLimit one(reserve);
  {
    MemoryLimit other(reserve);
    ASSERT_TRUE(other.covers(900'000));
    other.add(900'000);
    ASSERT_TRUE(one.covers(50'000));
    one.add(50'000);
    EXPECT_FALSE(one.covers(200'000));
    EXPECT_FALSE(one.exhausted());
    ASSERT_TRUE(other.covers(50'000));
    other.add(50'000);
    EXPECT_TRUE(one.exhausted()) << "less is left than any connection may have";
    other.add(std::size_t{0} - 940'000);
    EXPECT_TRUE(one.covers(850'000)) << "what is not used for long is given back at once";
  }
  one.add(std::size_t{0} - 50'000);
  EXPECT_TRUE(one.covers(1 << 20)) << "and the rest at the end";
  EXPECT_FALSE(one.covers((1 << 20) + 1));
}

TEST(PrefixCounts, OfASlash24AndASlash48) {
  PrefixCounts counts({1, 2});
  const auto v4 = [](std::uint8_t third, std::uint8_t last) {
    return SocketAddress(std::vector<std::uint8_t>{192, 0, third, last}, 1);
  };
  const auto v6 = [](std::uint8_t sixth, std::uint8_t last) {
    return SocketAddress(
        std::vector<std::uint8_t>{0x20, 1, 0xd, 0xb8, 0, sixth, 0, 0, 0, 0, 0, 0, 0, 0, 0, last}, 1);
  };
  counts.add(v4(2, 1));
  counts.add(v4(2, 200));
  counts.add(v6(1, 1));
  EXPECT_EQ(counts.count(v4(2, 7)), 2u);
  EXPECT_EQ(counts.count(v4(3, 1)), 0u);
  EXPECT_EQ(counts.count(v6(1, 9)), 1u);
  EXPECT_EQ(counts.count(v6(2, 1)), 0u);
  counts.remove(v4(2, 200));
  counts.remove(v4(2, 1));
  counts.remove(v4(2, 1));
  EXPECT_EQ(counts.count(v4(2, 1)), 0u);
}

using Packet = PeerConduct::Packet;

TEST(PeerConduct, PacketsThatBringNothingAreLimited) {
  EndpointLimits limits;
  limits.idle_packets_per_second = 10;
  Timestamp now(seconds(100));
  PeerConduct peer(limits, now);
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(peer.packet(now, Packet::ack_eliciting, 0));
  EXPECT_FALSE(peer.packet(now, Packet::ack_eliciting, 0)) << "ten seconds' worth at once";
  EXPECT_TRUE(peer.packet(now, Packet::useful, 0)) << "what brings something is never too much";
  EXPECT_TRUE(peer.packet(now, Packet::ack_eliciting, 1024)) << "data out of order is kept";
  now += seconds(1);
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(peer.packet(now, Packet::ack_eliciting, 0));
}

TEST(PeerConduct, AcksThatWereOvertakenCostLittle) {
  EndpointLimits limits;
  limits.idle_packets_per_second = 10;
  const Timestamp now(seconds(100));
  PeerConduct peer(limits, now);
  int count = 0;
  while (peer.packet(now, Packet::passive, 0)) ++count;
  EXPECT_NEAR(count, 2000, 1);
}

/// Where packets are reordered so much that half of them are sent twice, the useful half still pays.
TEST(PeerConduct, WhoSendsDataAgainIsNotClosed) {
  EndpointLimits limits;
  limits.idle_packets_per_second = 10;
  const Timestamp now(seconds(100));
  PeerConduct peer(limits, now);
  for (int i = 0; i < 100'000; ++i) {
    ASSERT_TRUE(peer.packet(now, Packet::repeated, 0));
    ASSERT_TRUE(peer.packet(now, Packet::repeated, 0));
    ASSERT_TRUE(peer.packet(now, Packet::useful, 0));
  }
  int count = 0;
  while (peer.packet(now, Packet::repeated, 0)) ++count;
  EXPECT_NEAR(count, 2000, 1) << "but nothing else is not enough for long";
}

TEST(PacketContent, AckPaddingAndCloseElicitNothing) {
  using Frames = std::vector<std::uint8_t>;
  for (const Frames& frames :
       {Frames{}, Frames{0, 0, 0}, Frames{2, 9, 0, 0, 1}, Frames{2, 9, 0, 1, 1, 0, 2, 0},
        Frames{3, 9, 0, 0, 1, 5, 6, 7}, Frames{2, 0x40, 0x99, 0x40, 0x99, 0, 1, 0}, Frames{0x1c, 1, 2, 0},
        Frames{0x1d, 1, 0}})
    EXPECT_FALSE(read_content(frames).ack_eliciting);
  for (const Frames& frames :
       {Frames{1}, Frames{0, 1}, Frames{2, 9, 0, 0, 1, 1}, Frames{0x08, 0, 'x'},
        Frames{3, 9, 0, 0, 1, 5, 6, 7, 0x1a}, Frames{2, 9, 0}, Frames{2, 9, 0, 0x80, 0xff, 0xff, 0xff, 1}})
    EXPECT_TRUE(read_content(frames).ack_eliciting);
}

TEST(PacketContent, CountsTheDataOfStreams) {
  using Frames = std::vector<std::uint8_t>;
  const auto bytes = [](const Frames& frames) { return read_content(frames).stream_bytes; };
  EXPECT_EQ(bytes({0x08, 0, 'x', 'y'}), 2u) << "to the end of the packet";
  EXPECT_EQ(bytes({0x0e, 4, 9, 3, 'x', 'y', 'z', 0, 0}), 3u) << "with offset and length";
  EXPECT_EQ(bytes({2, 9, 0, 0, 1, 0x0a, 0, 1, 'x', 0x0b, 4, 2, 'y', 'z'}), 3u)
      << "behind an ACK, two of them";
  EXPECT_EQ(bytes({1, 0x10, 5, 0x11, 0, 5, 0x05, 0, 1, 0x04, 0, 1, 2, 0x19, 3, 0x08, 0, 'x'}), 1u);
  EXPECT_EQ(bytes({0x1a, 1, 2, 3, 4, 5, 6, 7, 8, 0x08, 0, 'x'}), 0u) << "behind what is not looked into";
  EXPECT_EQ(bytes({0x0a, 0, 5, 'x'}), 0u) << "shorter than it says";
  EXPECT_EQ(bytes({0x0f, 0}), 0u);
}

TEST(DuplicateWindow, KnowsTheLastPackets) {
  DuplicateWindow window;
  constexpr std::uint64_t kBase = 0x123456789abcdef0;  // the IV, which each number is mixed into
  for (std::uint64_t number = 0; number < 1000; ++number) {
    EXPECT_FALSE(window.seen(kBase ^ number));
    EXPECT_TRUE(window.seen(kBase ^ number));
    const std::uint64_t earlier = number - std::min<std::uint64_t>(number, 32);
    EXPECT_TRUE(window.seen(kBase ^ earlier));
  }
}

TEST(PeerConduct, MisuseIsDearerAndBothCanBeSwitchedOff) {
  EndpointLimits limits;
  limits.idle_packets_per_second = 10;
  const Timestamp now(seconds(100));
  PeerConduct peer(limits, now);
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(peer.misuse(now));
  EXPECT_FALSE(peer.misuse(now));
  limits.idle_packets_per_second = 0;
  PeerConduct free(limits, now);
  for (int i = 0; i < 10'000; ++i)
    ASSERT_TRUE(free.packet(now, Packet::ack_eliciting, 0) && free.misuse(now));
}

TEST(PeerConduct, StallsWithoutProgress) {
  EndpointLimits limits;
  limits.stall_timeout = seconds(7);
  PeerConduct peer(limits, Timestamp(seconds(100)));
  EXPECT_EQ(peer.stalled_at(), Timestamp(seconds(107)));
  peer.progress(Timestamp(seconds(105)));
  EXPECT_EQ(peer.stalled_at(), Timestamp(seconds(112)));
  limits.stall_timeout = seconds(0);
  EXPECT_FALSE(peer.stalled_at());
}

TEST(Qlog, IsRefusedWhereItCanBeOverflowed) {
  for (const int version : {0x010b00, 0x011600, 0x0115ff}) {
    const auto safe = check_qlog_is_safe(version);
    ASSERT_FALSE(safe) << version;
    EXPECT_EQ(safe.error().kind, ErrorKind::unsupported);
    EXPECT_NE(safe.error().message.find("CVE-2026-40170"), std::string::npos);
  }
  EXPECT_NE(check_qlog_is_safe(0x010b00).error().message.find("1.11.0"), std::string::npos);
  EXPECT_TRUE(check_qlog_is_safe(0x011601));
  EXPECT_TRUE(check_qlog_is_safe(0x020000));
}

}  // namespace
}  // namespace quicrx::test
