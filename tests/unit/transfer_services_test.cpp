// SPDX-License-Identifier: MIT
/// The services that only move bytes: echo, perf and hq-interop.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <random>

#include "fake_stream_control.h"
#include "service/document_root.h"
#include "service/echo_buffer.h"
#include "service/echo_service.h"
#include "service/hq_service.h"
#include "service/perf_service.h"
#include "service/stream_queue.h"

namespace quicrx::test {
namespace {

std::string text(std::size_t bytes) {
  std::string made(bytes, 0);
  for (std::size_t i = 0; i < bytes; ++i) made[i] = static_cast<char>('a' + i % 23);
  return made;
}

/// The eight bytes that ask for an answer.
std::string wish(std::uint64_t bytes) {
  std::string made;
  for (int shift = 56; shift >= 0; shift -= 8) made += static_cast<char>(bytes >> shift);
  return made;
}

TEST(EchoService, SendsBackWhatComes) {
  EchoService service;
  SessionUnderTest under(service);
  const std::string all = text(100'000);
  for (std::size_t at = 0; at < all.size(); at += 777) {
    under.give(0, all.substr(at, 777), at + 777 >= all.size());
    under.take(500);
  }
  EXPECT_EQ(under.sent[0], all);
  EXPECT_TRUE(under.finished[0]);
  under.give(4, "", true);
  under.take();
  EXPECT_TRUE(under.finished[4]) << "nothing, and its end";
}

TEST(EchoService, OpensTheWindowAsTheEchoIsAcknowledged) {
  EchoService service;
  SessionUnderTest under(service);
  under.give(0, text(10'000));
  under.take();
  EXPECT_EQ(under.control.consumed[0], 0u);
  under.session->acked(0, 3'000);
  EXPECT_EQ(under.control.consumed[0], 3'000u);
  under.session->closed(0, 0);
  EXPECT_EQ(under.control.consumed[0], 10'000u)
      << "what was never acknowledged is given back to the connection";
  EXPECT_TRUE(under.session->drained());
}

TEST(EchoService, StopsWhereEitherSideGivesUp) {
  EchoService service;
  SessionUnderTest under(service);
  under.give(0, "some");
  under.session->reset(0, 9);
  EXPECT_TRUE(under.control.aborted.contains(0));
  EXPECT_EQ(under.control.misuses, 1);
  under.give(4, "some");
  under.session->write_ended(4);
  EXPECT_TRUE(under.control.stopped.contains(4));
  under.give(4, "more");
  under.take();
  EXPECT_TRUE(under.sent.empty());
  EXPECT_EQ(under.control.consumed[4], 4u) << "what nobody wants is not held";
}

TEST(EchoService, BlockedStreamsLetOthersGo) {
  EchoService service;
  SessionUnderTest under(service);
  under.give(0, "one", true);
  under.give(4, "two", true);
  under.session->blocked(0);
  under.take();
  EXPECT_EQ(under.order, (std::vector<StreamId>{4}));
  under.session->writable(0);
  under.take();
  EXPECT_EQ(under.sent[0], "one");
}

TEST(EchoService, TakesDatagramsAndUnidirectionalStreams) {
  EchoService service;
  SessionUnderTest under(service);
  const std::vector<std::uint8_t> datagram{'x', 'y'};
  under.session->datagram(datagram);
  EXPECT_EQ(under.control.datagrams, std::vector<std::string>{"xy"});
  under.give(2, "thrown away", true);
  under.take();
  EXPECT_EQ(under.control.consumed[2], 11u);
  EXPECT_TRUE(under.sent.empty());
}

TEST(EchoBuffer, BytesStayWhereTheyAreUntilTheyAreAcknowledged) {
  FakeStreamControl connection;
  EchoBuffer buffer(connection);
  std::mt19937 random(1);
  std::deque<std::pair<const std::uint8_t*, std::uint8_t>> in_flight;
  std::uint8_t next_in = 0, next_out = 0;
  for (int i = 0; i < 20'000; ++i) {
    std::vector<std::uint8_t> bytes(random() % 50);
    for (std::uint8_t& byte : bytes) byte = next_in++;
    buffer.append(bytes);
    const MutableBytes part = buffer.unsent();
    const std::size_t count = std::min<std::size_t>(part.size(), random() % 60);
    for (std::size_t k = 0; k < count; ++k) in_flight.emplace_back(&part[k], part[k]);
    buffer.sent(count);
    const std::size_t acked = std::min<std::size_t>(in_flight.size(), random() % 40);
    for (std::size_t k = 0; k < acked; ++k) {
      ASSERT_EQ(*in_flight[k].first, in_flight[k].second);
      ASSERT_EQ(in_flight[k].second, next_out++);
    }
    in_flight.erase(in_flight.begin(), in_flight.begin() + static_cast<std::ptrdiff_t>(acked));
    buffer.acked(acked);
    ASSERT_EQ(buffer.size(), in_flight.size() + buffer.left());
  }
}

TEST(PerfService, AnswersWithAsManyBytesAsWereAskedFor) {
  PerfService service;
  SessionUnderTest under(service);
  under.give(0, wish(200'000).substr(0, 3));
  under.give(0, wish(200'000).substr(3) + "upload");
  under.take();
  EXPECT_TRUE(under.sent.empty()) << "the client's data comes first";
  under.give(0, "more", true);
  under.take(1'300);
  EXPECT_EQ(under.sent[0], std::string(200'000, 0));
  EXPECT_TRUE(under.finished[0]);
  EXPECT_EQ(under.control.consumed[0], 18u);
  under.give(4, wish(0), true);
  under.take();
  EXPECT_TRUE(under.finished[4]);
  EXPECT_EQ(under.sent[4], "");
}

TEST(PerfService, SharesTheConnectionBetweenAnswers) {
  PerfService service;
  SessionUnderTest under(service);
  under.give(0, wish(50'000), true);
  under.give(4, wish(50'000), true);
  under.take(1'000);
  for (std::size_t i = 1; i < 99; ++i) ASSERT_NE(under.order[i], under.order[i - 1]);
}

TEST(PerfService, AnswersAUnidirectionalStreamOnOneOfItsOwn) {
  PerfService service;
  SessionUnderTest under(service);
  under.give(2, wish(5'000), true);
  under.give(6, wish(0) + "upload", true);
  under.take();
  EXPECT_EQ(under.sent[3].size(), 5'000u);
  EXPECT_TRUE(under.finished[3]);
  EXPECT_EQ(under.sent.size(), 1u);
  under.control.uni_allowed = 0;
  under.give(10, wish(5'000), true);
  under.take();
  EXPECT_EQ(under.sent.size(), 1u) << "the peer allows no stream for it";
}

TEST(PerfService, RefusesAStreamThatEndsWithoutAWish) {
  PerfService service;
  SessionUnderTest under(service);
  under.give(0, "1234567", true);
  EXPECT_TRUE(under.control.aborted.contains(0));
  under.give(4, "1234567");
  under.session->reset(4, 9);
  EXPECT_TRUE(under.control.aborted.contains(4));
  EXPECT_EQ(under.control.misuses, 2);
  under.give(8, wish(1 << 30), true);
  under.session->write_ended(8);
  under.take();
  EXPECT_TRUE(under.sent.empty());
  EXPECT_TRUE(under.session->drained());
}

TEST(StreamQueue, KeepsOrderWhoeverComesAndGoes) {
  StreamQueue queue;
  for (const StreamId stream : {0, 4, 8, 4}) queue.add(stream);
  EXPECT_EQ(queue.front(), 0);
  queue.move_to_end(0);
  EXPECT_EQ(queue.front(), 4);
  queue.remove(4);
  queue.remove(4);
  EXPECT_EQ(queue.front(), 8);
  queue.remove(8);
  queue.remove(0);
  EXPECT_TRUE(queue.empty());
}

TEST(HqService, ServesManyFilesInTurn) {
  const auto folder =
      std::filesystem::temp_directory_path() / ("quicrx-hq-" + std::to_string(std::random_device()()));
  std::filesystem::create_directory(folder);
  std::ofstream(folder / "small") << text(32);
  std::ofstream(folder / "large") << text(20'000);
  {
    HttpConfig config;
    config.root = std::move(*open_folder(folder));
    HqService service(config);
    SessionUnderTest under(service);
    for (StreamId stream = 0; stream < 8'000; stream += 4) under.give(stream, "GET /small\r\n", true);
    under.take();
    ASSERT_EQ(under.finished.size(), 2'000u);
    for (const auto& [stream, content] : under.sent) ASSERT_EQ(content, text(32));
    under.order.clear();
    under.give(8'000, "GET /large\r\n", true);
    under.give(8'004, "GET /large\r\n", true);
    under.take(1'000);
    for (std::size_t i = 1; i < under.order.size(); ++i) ASSERT_NE(under.order[i], under.order[i - 1]);
    EXPECT_EQ(under.sent[8'004], text(20'000));
    under.give(8'008, "GET /large\r\n", true);
    under.session->write_ended(8'008);
    under.session->writable(8'008);
    under.take();
    EXPECT_FALSE(under.sent.contains(8'008)) << "a stopped stream stays stopped";
    under.give(8'012, "rubbish\r\n");
    under.give(8'016, "GET /sm");
    under.session->reset(8'016, 0);
    EXPECT_EQ(under.control.misuses, 2);
    EXPECT_TRUE(under.control.aborted.contains(8'012) && under.control.aborted.contains(8'016));
    EXPECT_FALSE(under.session->drained());
    for (StreamId stream = 0; stream <= 8'016; stream += 4) under.session->closed(stream, 0);
    EXPECT_TRUE(under.session->drained());
  }
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace quicrx::test
