// SPDX-License-Identifier: MIT
#include "server.h"

#include <algorithm>

#include "certificate.h"
#include "observed.h"
#include "protection/ipsec_mb.h"
#include "require.h"
#include "service/echo_service.h"
#include "service/h3_service.h"
#include "service/hq_service.h"
#include "service/perf_service.h"
#include "site.h"

namespace quicrx::fuzz {
namespace {

constexpr std::size_t kFrames = 32;

/// What all servers of the process share.
struct Environment {
  Site site;
  std::shared_ptr<const TlsContext> tls = load();
  H3Service h3{site.config()};
  HqService hq{site.config()};
  PerfService perf;
  EchoService echo;

  std::vector<Service*> services() { return {&h3, &hq, &perf, &echo}; }

 private:
  std::shared_ptr<const TlsContext> load() {
    const auto certificate = site.folder() / "cert", key = site.folder() / "key";
    write_certificate(certificate, key);
    TlsOptions options;
    options.cipher_library = *choose_cipher_library(AeadLibrary::automatic);  // as `quicrx run` has it
    auto loaded = TlsContext::load(certificate, key, {std::begin(kAlpns), std::end(kAlpns)}, options);
    require(loaded.has_value(), "the certificate can be used");
    return *loaded;
  }
};

Environment& environment() {
  static Environment made;
  return made;
}

}  // namespace

Server::Server(EndpointConfig config) : port_(kFrames) {
  endpoint_.emplace(port_, environment().tls, environment().services(), std::move(config), counters_);
}

Server::~Server() {
  require(port_.pool.count().held == 0, "no frame is held");
  for (std::size_t i = 0; i < EndpointCounters::kSize; ++i)
    if (counters_.get(static_cast<EndpointCounter>(i)) != 0) saw(0x1000 + i);
  endpoint_.reset();
  require(port_.pool.count().held == 0, "no frame is held when the endpoint is gone");
  for (std::size_t i = 0; i < PoolCounters::kSize; ++i)
    require(port_.counters.get(static_cast<PoolCounter>(i)) == 0, "each tag is released once");
  if (counters_.get(EndpointCounter::streams_opened) > 0) environment().site.clean();
}

void Server::turn() {
  endpoint_->expire(now_);
  endpoint_->write(now_);
}

void Server::deliver(Bytes payload, const Path& path, Ecn ecn) {
  const Bytes kept = payload.first(std::min(payload.size(), test::FakePort::kPayload));
  Datagram datagram = port_.datagram({kept.begin(), kept.end()}, path, now_);
  datagram.ecn = ecn;
  endpoint_->receive({&datagram, 1}, now_);
  turn();
}

void Server::pass(std::chrono::nanoseconds time) {
  constexpr int kMaxTurns = 100;
  const Timestamp end = now_ + time;
  for (int i = 0; i < kMaxTurns; ++i) {
    const auto deadline = endpoint_->deadline();
    if (!deadline || *deadline > end) break;
    now_ = std::max(now_, *deadline);
    turn();
  }
  now_ = end;
  turn();
}

std::vector<test::FakePort::Sent> Server::take_sent() {
  std::vector<test::FakePort::Sent> taken(std::make_move_iterator(port_.sent.begin()),
                                          std::make_move_iterator(port_.sent.end()));
  port_.sent.clear();
  return taken;
}

Path Server::path(std::uint8_t client) {
  Path path;
  path.local = SocketAddress(std::vector<std::uint8_t>{192, 0, 2, 1}, 443);
  path.remote = SocketAddress(std::vector<std::uint8_t>{198, 51, 100, client}, 5000);
  return path;
}

}  // namespace quicrx::fuzz
