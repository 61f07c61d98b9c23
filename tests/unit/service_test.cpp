// SPDX-License-Identifier: MIT
/// Services over real QUIC connections in plain memory.
#include <gtest/gtest.h>

#include <fstream>

#include "endpoint_fixture.h"
#include "h3_bytes.h"

namespace quicrx::test {
namespace {

class ServiceTest : public EndpointFixture {
 protected:
  void SetUp() override {
    EndpointFixture::SetUp();
    EndpointConfig config;
    config.limits.streams_bidi = 1000;
    restart(config);
  }
};

TEST_F(ServiceTest, Http3ServesAPartAndRefusesTheMalformed) {
  std::ofstream(folder_ / "file") << std::string(100'000, 'x') + "the end";
  TestClient client("h3", path_, now_);
  talk(client);
  const auto part = client.request(headers(request("/file", "GET", {{"range", "bytes=-7"}})));
  const auto malformed = client.request(headers(request("file")));
  const auto incomplete = client.request(frame(0x21, "grease"));
  const auto whole = client.request(headers(request("/file")));
  talk(client, milliseconds(2000));
  EXPECT_EQ(read_response(client.received[part]).body, "the end");
  EXPECT_EQ(client.stream_errors[malformed], 0x10eu);
  EXPECT_EQ(client.stream_errors[incomplete], 0x10du);
  EXPECT_EQ(read_response(client.received[whole]).body.size(), 100'007u);
  EXPECT_EQ(client.closed(), nullptr);
}

TEST_F(ServiceTest, Http3ClosesForAWrongFrameWithItsOwnError) {
  TestClient client("h3", path_, now_);
  talk(client);
  client.request(data("too early"));
  talk(client);
  ASSERT_NE(client.closed(), nullptr);
  EXPECT_EQ(client.closed()->type, NGTCP2_CCERR_TYPE_APPLICATION);
  EXPECT_EQ(client.closed()->error_code, 0x105u);
}

TEST_F(ServiceTest, ManySmallFilesOverOneConnection) {
  for (int i = 0; i < 2'000; ++i)
    std::ofstream(folder_ / std::to_string(i)) << "content of " + std::to_string(i);
  TestClient client("hq-interop", path_, now_);
  talk(client);
  std::vector<std::int64_t> streams;
  for (int i = 0; i < 400 && streams.size() < 2'000; ++i) {
    while (streams.size() < 2'000) {
      const auto stream = client.request("GET /" + std::to_string(streams.size()) + "\r\n");
      if (stream < 0) break;
      streams.push_back(stream);
    }
    talk(client, milliseconds(10));
  }
  ASSERT_EQ(streams.size(), 2'000u);
  talk(client, milliseconds(1000));
  for (std::size_t i = 0; i < streams.size(); ++i)
    ASSERT_EQ(client.received[streams[i]], "content of " + std::to_string(i));
}

TEST_F(ServiceTest, EchoesMoreThanTheWindowsHold) {
  TestClient client("echo", path_, now_);
  talk(client);
  std::string content(5'000'000, 0);
  for (std::size_t i = 0; i < content.size(); ++i) content[i] = static_cast<char>(i * 31 % 251);
  const auto large = client.request(content), small = client.request("small"), empty = client.request("");
  talk(client, milliseconds(5000));
  EXPECT_EQ(client.received[large], content);
  EXPECT_EQ(client.received[small], "small");
  EXPECT_TRUE(client.finished[large] && client.finished[small] && client.finished[empty]);
  EXPECT_EQ(client.closed(), nullptr);
}

TEST_F(ServiceTest, PerfUploadsAndDownloads) {
  TestClient client("perf", path_, now_);
  talk(client);
  const std::string three_million("\0\0\0\0\0\x2d\xc6\xc0", 8);
  const auto down = client.request(three_million);
  const auto up = client.request(std::string(8, 0) + std::string(2'000'000, 'x'));
  const auto wrong = client.request("1234");
  talk(client, milliseconds(5000));
  EXPECT_EQ(client.received[down], std::string(3'000'000, 0));
  EXPECT_TRUE(client.finished[down] && client.finished[up]);
  EXPECT_EQ(client.received[up], "");
  EXPECT_TRUE(client.stream_errors.contains(wrong));
}

}  // namespace
}  // namespace quicrx::test
