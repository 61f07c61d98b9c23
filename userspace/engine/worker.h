// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <vector>

#include "engine/drain_group.h"
#include "engine/handoff.h"
#include "engine/look_again.h"
#include "engine/mailbox.h"
#include "engine/waker.h"
#include "port/port_group.h"
#include "port/xdp_port.h"
#include "quic/endpoint.h"

namespace quicrx {

/// One thread's share of the server: the ports of a queue and the connections that came by them.
///
/// Workers share nothing but the lanes by which they hand datagrams over. Everything but the orders is for
/// the worker's own thread once run() has begun.
class Worker {
 public:
  /// For what sessions keep of what they received.
  static constexpr std::uint32_t kHoldFrames = 1024;
  static constexpr std::size_t kHoldFrameBytes = 2048;

  struct Config {
    std::optional<XdpPort::Config> xdp;  ///< without it: sockets alone
    TransmitBy transmit = TransmitBy::automatic;
    SocketIo socket_io = SocketIo::calls;
    /// Where sockets listen. Behind AF_XDP they reserve the UDP port; every steered one is served.
    std::optional<SocketAddress> ipv4, ipv6;
    EndpointConfig quic;             ///< with the worker's number
    std::vector<Service*> services;  ///< outlive the worker
    /// How long requests under way may take to end when the worker is told to stop.
    std::chrono::nanoseconds drain{0};
    unsigned socket_mtu = 1500;  ///< what leaves by the sockets is no larger; what comes is up to 64 KiB
    bool shares_port = false;    ///< another worker of the process has the UDP port (SocketPort::share)
  };
  /// Where the worker counts, in memory that outlives it.
  struct Storage {
    XdpPort::Storage xdp;
    SocketPort::Storage socket4, socket6;
    PoolStorage hold;  ///< kHoldFrames words
    EndpointCounters* endpoint = nullptr;
    HandoffCounters* handoff = nullptr;
    LatencyHistogram* handoff_latency = nullptr;
  };

  /// Opens the ports. UDP sockets come first: they say whether the port is free.
  static Result<std::unique_ptr<Worker>> open(const Config& config, const Storage& storage,
                                              std::shared_ptr<const TlsContext> tls);

  Worker(std::unique_ptr<PortGroup> ports, Waker waker, Mapping hold_memory, const Config& config,
         const Storage& storage, std::shared_ptr<const TlsContext> tls);

  // Before run().

  void connect(std::vector<Handoff::Peer> peers);
  [[nodiscard]] Waker& waker() { return waker_; }
  [[nodiscard]] PortGroup& ports() { return *ports_; }
  /// Null where there are sockets alone.
  [[nodiscard]] const XdpPort* xdp() const { return xdp_; }
  [[nodiscard]] Endpoint& endpoint() { return endpoint_; }

  /// The calling thread is the worker's own from now on.
  Result<void> adopt();
  /// On that thread. Serves until told to drain; then has connections end what is under way, for as long as
  /// any worker of the group has something under way, closes each with a frame and waits until that has left.
  void run(DrainGroup& group);

  // Orders, from any thread. They are carried out in the worker's next turn.

  void drain() { order(Stage::draining); }
  /// Closes connections at once.
  void stop() { order(Stage::stopping); }
  /// For new connections (Endpoint::use).
  void use(std::shared_ptr<const TlsContext> tls);

 private:
  enum class Stage : int { serving, draining, stopping };

  void order(Stage stage);
  [[nodiscard]] Stage stage() const { return stage_.load(std::memory_order_acquire); }
  void turn();
  Timestamp take_over(Timestamp now);
  void sleep(Stage during, std::chrono::nanoseconds longest);
  void drain_connections(DrainGroup& group);
  std::chrono::nanoseconds time_to_sleep(Timestamp now);
  void stop_serving();

  std::unique_ptr<PortGroup> ports_;
  const XdpPort* xdp_ = nullptr;  // one of them
  Waker waker_;
  Handoff handoff_;
  Mapping hold_memory_;
  SlabPool hold_;
  Endpoint endpoint_;
  std::chrono::nanoseconds drain_;
  std::vector<Datagram> batch_;
  bool full_batch_ = false;  // more may be waiting
  LookAgain look_again_;

  std::atomic<Stage> stage_{Stage::serving};
  Mailbox<std::shared_ptr<const TlsContext>> context_;
};

}  // namespace quicrx
