// SPDX-License-Identifier: MIT
/// An endpoint with all services in plain memory, for clients of tests/unit/test_client.h.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "fake_port.h"
#include "protection/ipsec_mb.h"
#include "quic/endpoint.h"
#include "service/document_root.h"
#include "service/echo_service.h"
#include "service/h3_service.h"
#include "service/hq_service.h"
#include "service/perf_service.h"
#include "test_client.h"

namespace quicrx::test {

using std::chrono::milliseconds;
using std::chrono::seconds;

class EndpointFixture : public testing::Test {
 protected:
  void SetUp() override {
    folder_ =
        std::filesystem::temp_directory_path() / ("quicrx-unit-" + std::to_string(std::random_device()()));
    std::filesystem::create_directory(folder_);
    make_certificate();
    load_tls({});
    ASSERT_TRUE(tls_);
    http_.root = std::move(*open_folder(folder_));
    path_.local = SocketAddress(std::vector<std::uint8_t>{192, 0, 2, 1}, 443);
    path_.remote = SocketAddress(std::vector<std::uint8_t>{192, 0, 2, 2}, 5000);
    restart({});
  }
  void TearDown() override {
    endpoint_.reset();
    EXPECT_EQ(port_->pool.count().held, 0u) << "no frame is held when the endpoint is gone";
    EXPECT_EQ(port_->counters.get(PoolCounter::released_twice), 0u);
    std::filesystem::remove_all(folder_);
  }

  /// A new one, in place of that of before.
  void make_certificate() {
    const std::string command =
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "
        "/CN=localhost -keyout " +
        (folder_ / "key").string() + " -out " + (folder_ / "cert").string() + " 2>/dev/null";
    ASSERT_EQ(std::system(command.c_str()), 0);
  }

  [[nodiscard]] std::shared_ptr<const TlsContext> load(TlsOptions options) const {
    options.cipher_library = choose_cipher_library(aead_).value();
    auto loaded = TlsContext::load(folder_ / "cert", folder_ / "key", alpns_, options);
    EXPECT_TRUE(loaded) << loaded.error().message;
    return loaded.value_or(nullptr);
  }

  void load_tls(const TlsOptions& options) {
    endpoint_.reset();
    tls_ = load(options);
  }

  void restart(const EndpointConfig& config, std::size_t frames = 256) {
    endpoint_.reset();
    port_ = std::make_unique<FakePort>(frames);
    counters_ = std::make_unique<EndpointCounters>();
    endpoint_ = std::make_unique<Endpoint>(*port_, tls_, std::vector<Service*>{&h3_, &hq_, &perf_, &echo_},
                                           config, *counters_);
  }

  void deliver(const std::vector<std::uint8_t>& payload) {
    Datagram datagram = port_->datagram(payload, path_, now_);
    endpoint_->receive({&datagram, 1}, now_);
  }
  void turn() {
    endpoint_->expire(now_);
    endpoint_->write(now_);
  }

  /// Lets both sides talk for a while; returns the datagrams that the server sent.
  std::size_t talk(TestClient& client, milliseconds time = milliseconds(200)) {
    std::size_t count = 0;
    for (const Timestamp end = now_ + time; now_ < end; now_ += milliseconds(1)) {
      client.expire(now_);
      for (const auto& datagram : client.write(now_)) deliver(datagram);
      turn();
      for (; !port_->sent.empty(); port_->sent.pop_front(), ++count)
        client.read(port_->sent.front().payload, now_);
    }
    return count;
  }

  std::string make_file(const std::string& name, std::size_t bytes) {
    std::string content(bytes, 'x');
    for (std::size_t i = 0; i < bytes; ++i) content[i] = static_cast<char>('a' + i % 23);
    std::ofstream(folder_ / name) << content;
    return content;
  }

  [[nodiscard]] std::uint64_t count(EndpointCounter id) const { return counters_->get(id); }

  const std::vector<std::string> alpns_{"h3", "hq-interop", "perf", "echo"};
  AeadLibrary aead_ = AeadLibrary::automatic;
  std::filesystem::path folder_;
  std::shared_ptr<const TlsContext> tls_;
  HttpConfig http_;
  H3Service h3_{http_};
  HqService hq_{http_};
  PerfService perf_;
  EchoService echo_;
  Path path_;
  Timestamp now_ = Timestamp(seconds(1000));
  std::unique_ptr<FakePort> port_;
  std::unique_ptr<EndpointCounters> counters_;
  std::unique_ptr<Endpoint> endpoint_;
};

}  // namespace quicrx::test
