// SPDX-License-Identifier: MIT
#include <poll.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <sys/resource.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <array>
#include <csignal>
#include <functional>
#include <memory>
#include <string>

#include "cli/commands.h"
#include "cli/io_choice.h"
#include "cli/run_options.h"
#include "cli/running_server.h"
#include "cli/signals.h"

namespace quicrx::cli {
namespace {

/// Files that are being sent take a descriptor each; the soft limit is meant for programs that use select().
void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

void start_log(bool verbose) {
  auto logger = spdlog::stderr_logger_mt("quicrx");
  logger->set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %n %l: %v");
  logger->set_level(verbose ? spdlog::level::debug : spdlog::level::info);
  spdlog::set_default_logger(std::move(logger));
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

bool is_of_the_machine(const Error& error) {
  return error.kind == ErrorKind::permission || error.kind == ErrorKind::unsupported;
}

using OpenServer = Result<std::unique_ptr<RunningServer>>;

OpenServer serve_sockets(const RunOptions& options, const IoChoice& choice,
                         const std::shared_ptr<EarlyDataGuard>& guard) {
  if (const std::string& why = choice.why_not_af_xdp; !why.empty())
    spdlog::log(options.interfaces.empty() ? spdlog::level::info : spdlog::level::warn,
                "served by sockets, not by AF_XDP: {}", why);
  if (const std::string ignored = ignored_words(options, choice.io); !ignored.empty())
    spdlog::warn("{}: of no use to sockets, ignored", ignored);
  auto plan = plan_sockets(options, choice.io == Io::io_uring ? SocketIo::io_uring : SocketIo::calls);
  if (!plan) return tl::unexpected(plan.error());
  auto settings = Settings::of(options, *plan, guard);
  if (!settings) return tl::unexpected(settings.error());
  return RunningServer::start(std::move(*plan), std::move(*settings), options);
}

/// What the user said is checked before anything is changed; what was changed goes with the RunningServer.
OpenServer serve(const RunOptions& options, const std::shared_ptr<EarlyDataGuard>& guard) {
  const auto choice = choose_io(options);
  if (!choice) return tl::unexpected(choice.error());
  if (choice->io != Io::af_xdp) return serve_sockets(options, *choice, guard);
  const auto may_fall_back = [&](const Error& error) {
    return choice->may_fall_back && is_of_the_machine(error);
  };
  auto plan = plan_interfaces(options);
  if (!plan && may_fall_back(plan.error())) return serve_sockets(options, fallen_back(plan.error()), guard);
  if (!plan) return tl::unexpected(plan.error());
  if (const std::string ignored = ignored_words(options, Io::af_xdp); !ignored.empty())
    spdlog::warn("{}: AF_XDP has a worker for each queue, ignored", ignored);
  auto settings = Settings::of(options, *plan, guard);
  if (!settings) return tl::unexpected(settings.error());
  auto server = RunningServer::start(std::move(*plan), std::move(*settings), options);
  if (!server && may_fall_back(server.error()))
    return serve_sockets(options, fallen_back(server.error()), guard);
  return server;
}

Result<void> run(const RunOptions& options) {
  const Signals signals;
  raise_descriptor_limit();
  const auto guard = EarlyDataGuard::create();
  if (!guard) return tl::unexpected(guard.error());
  const auto server = serve(options, *guard);
  if (!server) return tl::unexpected(server.error());
  (*server)->announce(signals.descriptor());
  Engine& engine = (*server)->engine();
  supervise(signals, engine, [&] { reload_certificate(options, (*server)->quic(), *guard, engine); });
  return (*server)->end();
}

}  // namespace

void add_run(CLI::App& app, Action& action) {
  auto options = std::make_shared<RunOptions>();
  CLI::App* command = app.add_subcommand(
      "run", "Serve QUIC, from an interface's receive queues or by sockets, until SIGINT or SIGTERM");
  add_run_options(*command, *options);
  command->callback([options, &action] {
    action = [options] {
      start_log(options->verbose);
      return done(run(*options));
    };
  });
}

}  // namespace quicrx::cli
