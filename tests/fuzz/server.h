// SPDX-License-Identifier: MIT
/// An endpoint in plain memory with all services, in time of ours.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "../unit/fake_port.h"
#include "quic/endpoint.h"

namespace quicrx::fuzz {

/// The protocols served. A new service is added here and in server.cpp.
inline constexpr std::string_view kAlpns[] = {"h3", "hq-interop", "perf", "echo"};

class Server {
 public:
  explicit Server(EndpointConfig config = {});
  /// Checks what must hold when an input has been worked off.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// Gives it one datagram (what no frame holds is cut off) and lets it answer.
  void deliver(Bytes payload, const Path& path, Ecn ecn = Ecn::ect0);
  /// Time goes on; all timers that are due meanwhile run, up to a bound.
  void pass(std::chrono::nanoseconds time);
  /// What it sent since this was asked last.
  std::vector<test::FakePort::Sent> take_sent();

  [[nodiscard]] Timestamp now() const { return now_; }
  [[nodiscard]] std::size_t connections() const { return endpoint_->connections(); }
  [[nodiscard]] Endpoint& endpoint() { return *endpoint_; }
  [[nodiscard]] const EndpointCounters& counters() const { return counters_; }

  /// A path to it from the client of this number.
  static Path path(std::uint8_t client);

 private:
  void turn();

  Timestamp now_ = Timestamp(std::chrono::seconds(1000));
  test::FakePort port_;
  EndpointCounters counters_;
  std::optional<Endpoint> endpoint_;
};

}  // namespace quicrx::fuzz
