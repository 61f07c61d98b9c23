// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <vector>

#include "port/port_group.h"
#include "quic/endpoint.h"

namespace quicrx {

/// One thread's share of the server: the ports of a queue and the connections that came by them.
class Worker {
 public:
  struct Config {
    XdpPort::Config xdp;
    std::uint16_t udp_port = 0;  ///< the one that sockets reserve; every steered one is served
    EndpointConfig quic;
    std::vector<Service*> services;  ///< outlive the worker
    /// How long requests under way may take to end when the worker is told to stop.
    std::chrono::nanoseconds drain{0};
  };
  /// Where the worker counts, in memory that outlives it.
  struct Storage {
    XdpPort::Storage xdp;
    UdpPort::Storage socket4, socket6;
    EndpointCounters* endpoint = nullptr;
  };

  /// Opens the ports. UDP sockets come first: they say whether the port is free.
  static Result<std::unique_ptr<Worker>> open(const Config& config, const Storage& storage,
                                              std::shared_ptr<const TlsContext> tls);

  Worker(std::unique_ptr<PortGroup> ports, const Config& config, const Storage& storage,
         std::shared_ptr<const TlsContext> tls);

  /// Serves until `stop` is readable; then has connections end what is under way, closes each with a frame
  /// and waits until that has left. Told again (`again` makes `stop` readable anew), it closes them at once.
  void run(int stop, const std::function<void()>& again);

  [[nodiscard]] const XdpPort& xdp() const { return ports_->xdp(); }
  [[nodiscard]] Endpoint& endpoint() { return endpoint_; }

 private:
  void turn();
  void drain(int stop);
  std::optional<std::chrono::nanoseconds> time_to_look_again();
  std::chrono::nanoseconds time_to_sleep(Timestamp now);
  void stop_serving();

  std::unique_ptr<PortGroup> ports_;
  Endpoint endpoint_;
  std::chrono::nanoseconds drain_;
  std::vector<Datagram> batch_;
  bool full_batch_ = false;       // more may be waiting
  unsigned fruitless_looks_ = 0;  // in a row
  std::uint32_t frames_seen_out_ = 0;
  bool somebody_waited_ = false;
};

}  // namespace quicrx
