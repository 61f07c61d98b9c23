// SPDX-License-Identifier: MIT
/// A QUIC client that makes the load of the bench: many connections in one thread, HTTP/3 on each.
#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <cstdio>
#include <exception>

#include "net/address_text.h"
#include "workloads.h"

namespace quicrx::load {
namespace {

struct Options {
  std::string server;
  std::size_t sockets = 4;
  unsigned keep_alive = 0;
  std::size_t count = 100;
  double rate = 200;
  double hold_rate = 0;
  Hold::Shape shape;
  Request request;
};

CLI::App* add_mode(CLI::App& app, const std::string& name, const std::string& help, Options& options) {
  CLI::App* mode = app.add_subcommand(name, help);
  mode->add_option("SERVER", options.server, "IP:PORT")->required();
  mode->add_option("--path", options.request.path, "What is asked for (default: /)");
  mode->add_flag("--any-status", options.request.any_status, "Every answer is a success");
  mode->add_option("--sockets", options.sockets, "Client ports")->check(CLI::Range(1, 1000));
  return mode;
}

void add_modes(CLI::App& app, Options& options) {
  auto* handshakes =
      add_mode(app, "handshakes", "Connections, each with a full handshake, one GET and a close", options);
  handshakes->add_option("--count", options.count, "Connections in all")->check(CLI::PositiveNumber);
  handshakes->add_option("--parallel", options.shape.parallel, "At a time")->check(CLI::PositiveNumber);
  auto* latency =
      add_mode(app, "latency", "One connection, a GET now and then; how long each takes", options);
  latency->add_option("--count", options.count, "Requests in all")->check(CLI::PositiveNumber);
  latency->add_option("--rate", options.rate, "Requests a second")->check(CLI::PositiveNumber);
  auto* hold = add_mode(
      app, "hold",
      "Connections that stay open; takes 'get N AT_ONCE PATH', 'put N AT_ONCE BYTES PATH' and 'close'",
      options);
  hold->add_option("--connections", options.shape.connections)->check(CLI::PositiveNumber);
  hold->add_option("--active", options.shape.active, "Of those, which have the work");
  hold->add_option("--parallel", options.shape.parallel, "Handshakes at a time")->check(CLI::PositiveNumber);
  hold->add_option("--rate", options.hold_rate, "Requests a second at most (default: no limit)")
      ->check(CLI::PositiveNumber);
  hold->add_option("--keep-alive", options.keep_alive,
                   "Seconds after which a silent connection sends a PING; 0: never");
  auto* upload = add_mode(app, "upload", "A PUT on each of some connections, all at once", options);
  auto* download = add_mode(app, "download", "A GET on each of some connections, all at once", options);
  for (CLI::App* transfer : {upload, download})
    transfer->add_option("--connections", options.count)->check(CLI::PositiveNumber);
  upload->add_option("--bytes", options.request.body, "Of each")->required();
}

int run(const CLI::App& app, Options& options) {
  const auto server = parse_socket_address(options.server, 443);
  if (!server) throw std::runtime_error(server.error().message);
  Client client(*server, options.sockets, std::chrono::seconds(options.keep_alive));
  const auto finish = [&](auto&& workload) {
    client.run(workload);
    const nlohmann::json result = workload.result();
    std::puts(result.dump().c_str());
    return result["failed"] == 0 ? 0 : 1;
  };
  if (app.got_subcommand("latency")) return finish(Latency(options.count, options.rate, options.request));
  if (app.got_subcommand("handshakes"))
    return finish(Handshakes(options.count, options.shape.parallel, options.request));
  if (!app.got_subcommand("hold")) return finish(Handshakes(options.count, options.count, options.request));
  if (options.hold_rate > 0)
    options.shape.pause = std::chrono::nanoseconds(static_cast<std::int64_t>(1e9 / options.hold_rate));
  Hold hold(options.shape, options.request);
  client.run(hold);
  return 0;
}

}  // namespace
}  // namespace quicrx::load

int main(int count, char** words) {
  CLI::App app("Makes load for a QUIC server; prints JSON.", "quic_load");
  app.require_subcommand(1);
  quicrx::load::Options options;
  quicrx::load::add_modes(app, options);
  CLI11_PARSE(app, count, words);
  try {
    return quicrx::load::run(app, options);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "quic_load: %s\n", error.what());
    return 1;
  }
}
