// SPDX-License-Identifier: MIT
#include "quic/stream_credit.h"

#include "endpoint_fixture.h"

namespace quicrx::test {
namespace {

using StreamCreditTest = EndpointFixture;

TEST(StreamCredit, GoesWithTheNextAnswer) {
  StreamCredit credit(10);
  EXPECT_EQ(credit.opened(1), 0u);
  EXPECT_EQ(credit.ended(), 0u);
  EXPECT_EQ(credit.opened(2), 1u);
  EXPECT_EQ(credit.opened(3), 0u);
  EXPECT_EQ(credit.ended(), 0u);
  EXPECT_EQ(credit.ended(), 0u);
  EXPECT_EQ(credit.opened(4), 2u);
}

TEST(StreamCredit, ComesWhenHalfAreLeft) {
  StreamCredit credit(10);
  EXPECT_EQ(credit.opened(4), 0u);
  EXPECT_EQ(credit.ended(), 0u) << "6 are left";
  EXPECT_EQ(credit.opened(6), 1u);
  EXPECT_EQ(credit.ended(), 1u) << "5 are left";
}

TEST(StreamCredit, ComesAtOnceToWhoUsesThemAll) {
  for (const std::uint64_t limit : {1, 2, 3, 100}) {
    StreamCredit credit(limit);
    EXPECT_EQ(credit.opened(limit), 0u);
    EXPECT_EQ(credit.ended(), 1u) << limit;
  }
}

TEST(StreamCredit, NeverKeepsAnyoneWaiting) {
  for (const std::uint64_t limit : {1, 2, 3, 7}) {
    StreamCredit credit(limit);
    std::uint64_t allowed = limit;
    for (std::uint64_t number = 1; number < 100; ++number) {
      ASSERT_GE(allowed, number) << limit;
      allowed += credit.opened(number);
      allowed += credit.ended();
    }
  }
}

TEST(StreamCredit, StreamsThatWereLeftOutAreUsed) {
  StreamCredit credit(10);
  EXPECT_EQ(credit.opened(9), 0u);
  EXPECT_EQ(credit.opened(1), 0u);
  EXPECT_EQ(credit.ended(), 1u);
}

TEST_F(StreamCreditTest, OneRequestAfterTheOtherTakesADatagramEach) {
  const std::string content = make_file("file", 20);
  TestClient client("hq-interop", path_, now_);
  talk(client);
  constexpr std::size_t kRequests = 250;  // more than are allowed at once
  std::size_t datagrams = 0;
  for (std::size_t i = 0; i < kRequests; ++i) {
    const std::int64_t stream = client.request("GET /file\r\n");
    ASSERT_GE(stream, 0) << i;
    datagrams += talk(client, milliseconds(40));
    ASSERT_EQ(client.received[stream], content) << i;
  }
  EXPECT_LE(datagrams, kRequests + kRequests / 25);
}

TEST_F(StreamCreditTest, AsManyAsAreAllowedAtOnceFollowTheFirst) {
  EndpointConfig config;
  config.limits.streams_bidi = 4;
  restart(config);
  make_file("file", 20);
  TestClient client("hq-interop", path_, now_);
  talk(client);
  int asked = 0;
  for (int turn = 0; turn < 20; ++turn) {
    int now = 0;
    while (client.request("GET /file\r\n") >= 0) ++now;
    asked += now;
    EXPECT_GE(now, 2) << "half";
    EXPECT_LE(now, 4);
    talk(client);
  }
  EXPECT_GE(asked, 50);
  EXPECT_EQ(count(EndpointCounter::streams_closed), static_cast<std::uint64_t>(asked));
}

}  // namespace
}  // namespace quicrx::test
