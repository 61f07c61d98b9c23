// SPDX-License-Identifier: MIT
#include "quicrx/server.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "engine/look_again.h"
#include "engine/worker.h"
#include "frame/heap_pool.h"
#include "frame/pool_ids.h"
#include "port/poll_for.h"
#include "protection/ipsec_mb.h"
#include "quic/connection_settings.h"
#include "quic/endpoint.h"

namespace quicrx {
namespace {

// How long closes may take to leave.
constexpr std::chrono::milliseconds kLastSends{200};

/// For what sessions keep, where the user has no pool for it.
Result<std::unique_ptr<FramePool>> make_hold_pool() {
  return HeapPool::make({pool_id(kMostPorts, PoolKind::hold), Worker::kHoldFrameBytes, 0},
                        Worker::kHoldFrames);
}

Result<std::shared_ptr<const TlsContext>> load_tls(const ServerOptions& options,
                                                   const EndpointConfig& config) {
  std::vector<std::string> alpns;
  TlsOptions tls;
  tls.cipher_library = config.cipher_library;
  for (const Service* service : options.services) {
    alpns.emplace_back(service->alpn());
    tls.ticket_keys.push_back(config.secrets.ticket_key(ticket_promise(config, service->alpn(), {})));
  }
  return TlsContext::load(options.certificate_file, options.key_file, std::move(alpns), std::move(tls));
}

}  // namespace

class ServerCore {
 public:
  ServerCore(PollablePort& port, std::shared_ptr<const TlsContext> tls, const std::vector<Service*>& services,
             std::unique_ptr<FramePool> hold, EndpointConfig config)
      : port_(port),
        hold_(std::move(hold)),
        endpoint_(port, std::move(tls), services, std::move(config), counters_),
        batch_(kBatch) {}

  std::optional<Timestamp> turn();
  void close();

  [[nodiscard]] PollablePort& port() { return port_; }
  [[nodiscard]] Endpoint& endpoint() { return endpoint_; }
  [[nodiscard]] const EndpointCounters& counters() const { return counters_; }

 private:
  PollablePort& port_;
  std::unique_ptr<FramePool> hold_;
  EndpointCounters counters_;
  Endpoint endpoint_;
  std::vector<Datagram> batch_;
  LookAgain look_again_;
};

std::optional<Timestamp> ServerCore::turn() {
  const Timestamp now = Clock::now();
  const std::size_t count = port_.receive(batch_, now);
  endpoint_.receive(std::span(batch_).first(count), now);
  endpoint_.expire(now);
  endpoint_.write(now);
  port_.flush();
  if (count > 0) look_again_.start_over();
  if (count == batch_.size() || port_.has_received()) return now;
  const auto look = look_again_.after({.somebody_waits = endpoint_.starved() || port_.has_unsent(),
                                       .frames_out = port_.frames_in_transmit(),
                                       .sent = port_.statistics().sent_datagrams});
  std::optional<Timestamp> next = endpoint_.deadline();
  if (look) next = next ? std::min(*next, now + *look) : now + *look;
  return next;
}

/// Until the kernel has taken all closes.
void ServerCore::close() {
  endpoint_.shut_down(Clock::now());
  port_.flush();
  const Timestamp limit = Clock::now() + kLastSends;
  while ((endpoint_.send_closes() > 0 || port_.has_unsent()) && Clock::now() < limit) {
    port_.flush();
    (void)port_.receive({}, Clock::now());  // takes frames back
  }
  endpoint_.give_up_closes();
  port_.flush();
}

Result<std::unique_ptr<Server>> Server::create(PollablePort& port, const ServerOptions& options) {
  if (options.services.empty()) return fail(ErrorKind::usage, "a server needs a service");
  EndpointConfig config;
  config.limits = options.limits;
  config.pools = options.pools;
  config.hold_pool = options.hold_pool;
  auto library = choose_cipher_library(options.aead);
  if (!library) return tl::unexpected(library.error());
  config.cipher_library = std::move(*library);
  const auto tls = load_tls(options, config);
  if (!tls) return tl::unexpected(tls.error());
  std::unique_ptr<FramePool> hold;
  if (config.hold_pool == nullptr) {
    auto made = make_hold_pool();
    if (!made) return tl::unexpected(made.error());
    hold = std::move(*made);
    config.hold_pool = hold.get();
  }
  return std::unique_ptr<Server>(new Server(
      std::make_unique<ServerCore>(port, *tls, options.services, std::move(hold), std::move(config))));
}

Server::Server(std::unique_ptr<ServerCore> core) : core_(std::move(core)) {}

Server::~Server() {
  close();
}

std::optional<Timestamp> Server::turn() {
  return core_->turn();
}

Result<void> Server::run(int stop) {
  std::array<pollfd, 2> polled{pollfd{core_->port().descriptor(), POLLIN, 0}, pollfd{stop, POLLIN, 0}};
  while (polled[1].revents == 0) {
    std::chrono::nanoseconds timeout{-1};
    if (const auto next = core_->turn())
      timeout = std::max(std::chrono::nanoseconds(0), std::chrono::nanoseconds(*next - Clock::now()));
    if (poll_for(polled, timeout) < 0 && errno != EINTR)
      return fail(ErrorKind::failure, std::string("cannot wait for datagrams: ") + std::strerror(errno));
  }
  return {};
}

void Server::drain() {
  core_->endpoint().drain();
}

bool Server::drained() const {
  return core_->endpoint().drained();
}

void Server::close() {
  core_->close();
}

ServerStatistics Server::statistics() const {
  using C = EndpointCounter;
  const EndpointCounters& counters = core_->counters();
  return {.connections = core_->endpoint().connections(),
          .accepted = counters.get(C::connections_accepted),
          .handshakes_completed = counters.get(C::handshakes_completed),
          .handshakes_failed = counters.get(C::handshakes_failed),
          .stream_bytes_received = counters.get(C::stream_bytes_received),
          .stream_bytes_sent = counters.get(C::stream_bytes_sent),
          .held_in_frames = counters.get(C::held_in_frames),
          .held_on_heap = counters.get(C::held_on_heap),
          .send_budget_reached = counters.get(C::send_budget_reached)};
}

}  // namespace quicrx
