// SPDX-License-Identifier: MIT
/// Services over real QUIC connections in plain memory.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <random>

#include "fake_port.h"
#include "h3_bytes.h"
#include "quic/endpoint.h"
#include "service/document_root.h"
#include "service/echo_service.h"
#include "service/h3_service.h"
#include "service/hq_service.h"
#include "service/perf_service.h"
#include "test_client.h"

namespace quicrx::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class ServiceTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ =
        std::filesystem::temp_directory_path() / ("quicrx-service-" + std::to_string(std::random_device()()));
    std::filesystem::create_directory(folder_);
    const std::string command =
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "
        "/CN=localhost -keyout " +
        (folder_ / "key").string() + " -out " + (folder_ / "cert").string() + " 2>/dev/null";
    ASSERT_EQ(std::system(command.c_str()), 0);
    auto loaded = TlsContext::load(folder_ / "cert", folder_ / "key", {"h3", "hq-interop", "perf", "echo"});
    ASSERT_TRUE(loaded) << loaded.error().message;
    tls_.emplace(std::move(*loaded));
    http_.root = std::move(*open_folder(folder_));
    path_.local = SocketAddress(std::vector<std::uint8_t>{192, 0, 2, 1}, 443);
    path_.remote = SocketAddress(std::vector<std::uint8_t>{192, 0, 2, 2}, 5000);
    EndpointConfig config;
    config.limits.streams_bidi = 1000;
    endpoint_ = std::make_unique<Endpoint>(port_, *tls_, std::vector<Service*>{&h3_, &hq_, &perf_, &echo_},
                                           config, counters_);
  }
  void TearDown() override {
    endpoint_.reset();
    EXPECT_EQ(port_.pool.count().held, 0u);
    std::filesystem::remove_all(folder_);
  }

  void talk(TestClient& client, milliseconds time = milliseconds(200)) {
    for (const Timestamp end = now_ + time; now_ < end; now_ += milliseconds(1)) {
      client.expire(now_);
      for (const auto& payload : client.write(now_)) {
        Datagram datagram = port_.datagram(payload, path_, now_);
        endpoint_->receive({&datagram, 1}, now_);
      }
      endpoint_->expire(now_);
      endpoint_->write(now_);
      for (; !port_.sent.empty(); port_.sent.pop_front()) client.read(port_.sent.front().payload, now_);
    }
  }

  std::filesystem::path folder_;
  std::optional<TlsContext> tls_;
  HttpConfig http_;
  H3Service h3_{http_};
  HqService hq_{http_};
  PerfService perf_;
  EchoService echo_;
  Path path_;
  Timestamp now_ = Timestamp(seconds(1000));
  FakePort port_{256};
  EndpointCounters counters_;
  std::unique_ptr<Endpoint> endpoint_;
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
