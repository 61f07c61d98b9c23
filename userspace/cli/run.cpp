// SPDX-License-Identifier: MIT
#include <poll.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <sys/resource.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <array>
#include <csignal>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "cli/announcements.h"
#include "cli/commands.h"
#include "cli/run_options.h"
#include "cli/served_interface.h"
#include "cli/services.h"
#include "cli/signals.h"
#include "engine/worker_cpus.h"
#include "library/setup_lock.h"
#include "xdp/capabilities.h"

namespace quicrx::cli {
namespace {

/// Files that are being sent take a descriptor each; the soft limit is meant for programs that use select().
void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

void log_ended(const SocketAddress& remote, const ConnectionStatistics& statistics) {
  if (!spdlog::should_log(spdlog::level::debug)) return;
  spdlog::debug(
      "connection from {} ended: received {} datagrams, {} bytes; sent {} datagrams, {} bytes; {} streams; "
      "smoothed RTT {} us",
      remote.to_string(), statistics.datagrams_received, statistics.bytes_received, statistics.datagrams_sent,
      statistics.bytes_sent, statistics.streams, statistics.smoothed_rtt.count() / 1000);
}

void start_log(bool verbose) {
  auto logger = spdlog::stderr_logger_mt("quicrx");
  logger->set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %n %l: %v");
  logger->set_level(verbose ? spdlog::level::debug : spdlog::level::info);
  spdlog::set_default_logger(std::move(logger));
}

Result<void> take_lock(std::optional<SetupLock>& lock) {
  auto taken = SetupLock::take();
  if (!taken) return tl::unexpected(taken.error());
  lock.emplace(std::move(*taken));
  return {};
}

Result<void> refuse_repeated(const std::vector<std::string>& interfaces) {
  for (auto name = interfaces.begin(); name != interfaces.end(); ++name)
    if (std::find(interfaces.begin(), name, *name) != name)
      return fail(ErrorKind::usage, *name + ": named twice");
  return {};
}

Result<std::vector<ServedInterface>> plan_interfaces(const RunOptions& options) {
  if (auto refused = refuse_repeated(options.interfaces); !refused) return tl::unexpected(refused.error());
  std::vector<ServedInterface> served;
  for (const std::string& name : options.interfaces) {
    auto planned = ServedInterface::plan(name, options);
    if (!planned) return tl::unexpected(planned.error());
    served.push_back(std::move(*planned));
  }
  return served;
}

/// What is served, in one way of writing it.
std::string queue_names(const std::vector<ServedInterface>& served) {
  std::string names;
  for (const ServedInterface& one : served) names += "/" + one.name_of_queues();
  return names;
}

/// A CPU for each worker; none where they are not to be pinned.
Result<std::vector<std::optional<unsigned>>> cpus_for(const std::vector<ServedInterface>& served,
                                                      const RunOptions& options) {
  std::vector<ServedQueues> queues;
  std::size_t workers = 0;
  queues.reserve(served.size());
  for (const ServedInterface& one : served) {
    queues.push_back({one.interface(), one.queues()});
    workers += one.queues().size();
  }
  if (options.cpus == "none") return std::vector<std::optional<unsigned>>(workers);
  auto named = named_cpus(options);
  if (!named) return tl::unexpected(named.error());
  return worker_cpus(queues, *named).map([](const std::vector<unsigned>& cpus) {
    return std::vector<std::optional<unsigned>>(cpus.begin(), cpus.end());
  });
}

/// Everything that workers are made of beside their queues.
struct Workers {
  EndpointConfig quic;
  HttpConfig http;
  std::vector<std::optional<unsigned>> cpus;
  std::vector<std::unique_ptr<Services>> services;  // a worker
};

std::vector<Engine::Place> places_of(std::vector<ServedInterface>& served, Workers& workers,
                                     const RunOptions& options) {
  std::vector<Engine::Place> places;
  for (ServedInterface& one : served)
    for (Engine::Place& place : one.places(options, places.size())) places.push_back(std::move(place));
  for (std::size_t number = 0; number < places.size(); ++number) {
    workers.services.push_back(std::make_unique<Services>(workers.http, options.alpns));
    Worker::Config& config = places[number].config;
    config.quic = workers.quic;
    config.quic.worker = static_cast<WorkerNumber>(number);
    config.services = workers.services.back()->chosen();
    places[number].cpu = workers.cpus[number];
  }
  return places;
}

/// Calls `each` with every interface and the number of its first worker, until one fails.
Result<void> for_each(std::vector<ServedInterface>& served,
                      const std::function<Result<void>(ServedInterface&, std::size_t)>& each) {
  std::size_t first = 0;
  for (ServedInterface& one : served) {
    if (auto done = each(one, first); !done) return done;
    first += one.queues().size();
  }
  return {};
}

/// Until every worker has ended: the first stop has connections end what is under way, the second closes
/// them.
void supervise(const Signals& signals, Engine& engine, const std::function<void()>& reload) {
  std::array<pollfd, 2> polled{pollfd{signals.descriptor(), POLLIN, 0}, pollfd{engine.ended(), POLLIN, 0}};
  for (bool stopping = false; (polled[1].revents & POLLIN) == 0;) {
    if (poll(polled.data(), polled.size(), -1) < 0) continue;
    const int signal = signals.take();
    if (signal == SIGHUP) {
      reload();
    } else if (signal != 0 && stopping) {
      engine.stop();
    } else if (signal != 0) {
      spdlog::info("stopping: connections end what is under way; once more to close them at once");
      stopping = true;
      engine.drain();
    }
  }
}

void reload_certificate(const RunOptions& options, const EndpointConfig& quic,
                        const std::shared_ptr<EarlyDataGuard>& guard, Engine& engine) {
  const auto tls = tls_context_of(options, quic, guard);
  if (!tls) {
    spdlog::error("certificate not reloaded, the old one stays: {}", tls.error().message);
    return;
  }
  engine.use(*tls);
  spdlog::info("certificate reloaded: {} with key {}, for new connections", options.certificate, options.key);
}

/// What the user said is checked before anything is changed; what was changed goes with the scope.
Result<void> run(const RunOptions& options) {
  const Signals signals;
  raise_descriptor_limit();
  auto served = check_machine().and_then([&] { return plan_interfaces(options); });
  if (!served) return tl::unexpected(served.error());
  auto cpus = cpus_for(*served, options);
  if (!cpus) return tl::unexpected(cpus.error());
  auto quic = endpoint_config_of(options, cpus->size(), queue_names(*served));
  if (!quic) return tl::unexpected(quic.error());
  const auto guard = EarlyDataGuard::create();
  if (!guard) return tl::unexpected(guard.error());
  const auto tls = tls_context_of(options, *quic, *guard);
  if (!tls) return tl::unexpected(tls.error());
  auto http = http_config_of(options, cpus->size());
  if (!http) return tl::unexpected(http.error());
  const std::vector<PortRange> ports = ranges_of(wanted_ports(options, *quic));

  // Held while programs are looked at, loaded or unloaded; what is claimed of the interfaces goes before it.
  std::optional<SetupLock> lock;
  std::vector<ServedInterface> claimed = std::move(*served);
  if (auto taken = take_lock(lock); !taken) return taken;
  if (auto done = for_each(claimed, [&](ServedInterface& one, std::size_t) { return one.claim(ports); });
      !done)
    return done;

  Workers workers{std::move(*quic), std::move(*http), std::move(*cpus), {}};
  auto engine = Engine::open(places_of(claimed, workers, options), *tls);
  if (!engine) return tl::unexpected(engine.error());
  for (std::size_t i = 0; i < (*engine)->size(); ++i) (*engine)->worker(i).endpoint().on_ended(log_ended);
  const auto steer = [&](ServedInterface& one, std::size_t first) {
    return one.steer_to(**engine, first, options);
  };
  // Threads first: what is steered to a socket that nobody reads is lost.
  if (auto started = (*engine)->start(); !started) return started;
  if (auto done = for_each(claimed, steer); !done) return done;
  lock.reset();
  for (const ServedInterface& one : claimed) one.wait_for_carrier(signals.descriptor());
  warn_of_key_log();
  (void)for_each(claimed, [&](ServedInterface& one, std::size_t first) -> Result<void> {
    one.announce(**engine, first, options);
    return {};
  });
  supervise(signals, **engine, [&] { reload_certificate(options, workers.quic, *guard, **engine); });
  (*engine)->join();
  spdlog::info("stopped");
  engine->reset();  // from here on the kernel has the queues' packets
  return take_lock(lock);
}

}  // namespace

void add_run(CLI::App& app, Action& action) {
  auto options = std::make_shared<RunOptions>();
  CLI::App* command =
      app.add_subcommand("run", "Serve QUIC from an interface's receive queues, until SIGINT or SIGTERM");
  add_run_options(*command, *options);
  command->callback([options, &action] {
    action = [options] {
      start_log(options->verbose);
      return done(run(*options));
    };
  });
}

}  // namespace quicrx::cli
