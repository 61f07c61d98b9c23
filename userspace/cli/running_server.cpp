// SPDX-License-Identifier: MIT
#include "cli/running_server.h"

#include <spdlog/spdlog.h>

#include "cli/announcements.h"

namespace quicrx::cli {
namespace {

void log_ended(const SocketAddress& remote, const ConnectionStatistics& statistics) {
  if (!spdlog::should_log(spdlog::level::debug)) return;
  spdlog::debug(
      "connection from {} ended: received {} datagrams, {} bytes; sent {} datagrams, {} bytes; {} streams; "
      "smoothed RTT {} us",
      remote.to_string(), statistics.datagrams_received, statistics.bytes_received, statistics.datagrams_sent,
      statistics.bytes_sent, statistics.streams, statistics.smoothed_rtt.count() / 1000);
}

}  // namespace

Result<Settings> Settings::of(const RunOptions& options, const ServingPlan& plan,
                              std::shared_ptr<EarlyDataGuard> guard) {
  const std::size_t workers = plan.cpus.size();
  auto quic = endpoint_config_of(options, workers, plan.names());
  if (!quic) return tl::unexpected(quic.error());
  for (const auto& one : plan.served)
    if (auto checked = one->check(*quic); !checked) return tl::unexpected(checked.error());
  auto tls = tls_context_of(options, *quic, std::move(guard));
  if (!tls) return tl::unexpected(tls.error());
  auto http = http_config_of(options, workers);
  if (!http) return tl::unexpected(http.error());
  return Settings{std::move(*quic), std::move(*http), std::move(*tls)};
}

Result<std::unique_ptr<RunningServer>> RunningServer::start(ServingPlan plan, Settings settings,
                                                            const RunOptions& options) {
  std::unique_ptr<RunningServer> server(new RunningServer(std::move(plan), std::move(settings)));
  if (auto claimed = server->claim_all(options); !claimed) return tl::unexpected(claimed.error());
  auto engine = Engine::open(server->places(options), server->settings_.tls);
  if (!engine) return tl::unexpected(engine.error());
  server->engine_ = std::move(*engine);
  for (std::size_t i = 0; i < server->engine_->size(); ++i)
    server->engine_->worker(i).endpoint().on_ended(log_ended);
  // Threads first: what is steered to a socket that nobody reads is lost.
  auto begun = server->engine_->start().and_then([&] { return server->begin_all(); });
  if (!begun) return tl::unexpected(begun.error());
  server->lock_.reset();
  return server;
}

Result<void> RunningServer::take_lock() {
  if (!plan_.loads_programs) return {};
  auto taken = SetupLock::take();
  if (!taken) return tl::unexpected(taken.error());
  lock_.emplace(std::move(*taken));
  return {};
}

Result<void> RunningServer::claim_all(const RunOptions& options) {
  if (auto taken = take_lock(); !taken) return taken;
  const std::vector<PortRange> ports = ranges_of(wanted_ports(options, settings_.quic));
  for (const auto& one : plan_.served)
    if (auto claimed = one->claim(ports); !claimed) return claimed;
  return {};
}

std::vector<Engine::Place> RunningServer::places(const RunOptions& options) {
  std::vector<Engine::Place> places;
  for (const auto& one : plan_.served)
    for (Engine::Place& place : one->places(places.size())) places.push_back(std::move(place));
  for (std::size_t number = 0; number < places.size(); ++number) {
    services_.push_back(std::make_unique<Services>(settings_.http, options.alpns));
    Worker::Config& config = places[number].config;
    config.quic = settings_.quic;
    config.quic.worker = static_cast<WorkerNumber>(number);
    config.services = services_.back()->chosen();
    places[number].cpu = plan_.cpus[number];
  }
  return places;
}

Result<void> RunningServer::begin_all() {
  std::size_t first = 0;
  for (const auto& one : plan_.served) {
    if (auto begun = one->begin(*engine_, first); !begun) return begun;
    first += one->workers();
  }
  return {};
}

void RunningServer::announce(int stop) {
  for (const auto& one : plan_.served) one->wait(stop);
  warn_of_key_log();
  spdlog::info("packets are protected by {}", protection_text(settings_.quic.cipher_library.get()));
  std::size_t first = 0;
  for (const auto& one : plan_.served) {
    one->announce(*engine_, first);
    first += one->workers();
  }
}

Result<void> RunningServer::end() {
  engine_->join();
  spdlog::info("stopped");
  engine_.reset();  // from here on the kernel has the queues' packets
  return take_lock();
}

}  // namespace quicrx::cli
