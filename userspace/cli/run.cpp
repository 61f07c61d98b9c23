// SPDX-License-Identifier: MIT
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <memory>
#include <optional>
#include <string>

#include "cli/commands.h"
#include "cli/owned_program.h"
#include "cli/run_options.h"
#include "cli/services.h"
#include "cli/setup_lock.h"
#include "engine/worker.h"
#include "steer_abi.h"
#include "telemetry/record.h"
#include "xdp/carrier.h"
#include "xdp/device_features.h"
#include "xdp/queue_trap.h"
#include "xdp/steer_maps.h"

namespace quicrx::cli {
namespace {

/// SIGINT and SIGTERM as something to read; also those that come while everything is still being set up.
Descriptor stop_signals() {
  std::signal(SIGPIPE, SIG_IGN);
  sigset_t stops;
  sigemptyset(&stops);
  sigaddset(&stops, SIGINT);
  sigaddset(&stops, SIGTERM);
  sigprocmask(SIG_BLOCK, &stops, nullptr);
  return Descriptor(signalfd(-1, &stops, SFD_CLOEXEC | SFD_NONBLOCK));
}

/// Takes one stop out of the descriptor, so that the next can be told from it.
void take_signal(const Descriptor& stop) {
  signalfd_siginfo taken;
  if (read(stop.get(), &taken, sizeof(taken)) < 0) return;
  spdlog::info("stopping: connections end what is under way; once more to close them at once");
}

/// Files that are being sent take a descriptor each; the soft limit is meant for programs that use select().
void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

Result<Interface> interface_of(const RunOptions& options) {
  auto interface = find_interface(options.interface);
  if (interface && options.queue >= interface->receive_queues)
    return fail(ErrorKind::not_found,
                options.interface + " has " + std::to_string(interface->receive_queues) +
                    " receive queue(s): there is no queue " + std::to_string(options.queue) +
                    "; 'ethtool -l " + options.interface + "' shows them");
  if (!interface) return interface;
  return refuse_mute_queue(*interface, options.queue).map([&] { return *interface; });
}

Result<std::shared_ptr<const TlsContext>> first_tls_context(const RunOptions& options,
                                                            const EndpointConfig& quic) {
  return EarlyDataGuard::create().and_then(
      [&](const auto& guard) { return tls_context_of(options, quic, guard); });
}

UdpPort::Storage socket_storage(Record& record, PoolName receive, PoolName transmit) {
  RecordHeader& header = record.header();
  return {record.words(receive), record.words(transmit), &header.pools[static_cast<std::size_t>(receive)],
          &header.pools[static_cast<std::size_t>(transmit)], &header.socket};
}

Worker::Storage worker_storage(Record& record) {
  RecordHeader& header = record.header();
  const auto pool = [&](PoolName name) {
    return PoolStorage{record.words(name), &header.pools[static_cast<std::size_t>(name)]};
  };
  return {.xdp = {pool(PoolName::receive), pool(PoolName::transmit), pool(PoolName::gather), &header.xdp},
          .socket4 = socket_storage(record, PoolName::socket4_receive, PoolName::socket4_transmit),
          .socket6 = socket_storage(record, PoolName::socket6_receive, PoolName::socket6_transmit),
          .endpoint = &header.endpoint};
}

void describe(RecordHeader& header, const Worker& worker, const RunOptions& options) {
  header.xsk = worker.xdp().descriptor();
  header.udp_port = options.port;
  header.zero_copy = worker.xdp().zero_copy() ? 1 : 0;
  header.zero_copy_refused = worker.xdp().zero_copy_refused();
  header.huge_pages = worker.xdp().huge_pages() ? 1 : 0;
  header.busy_poll_microseconds = options.busy_poll_microseconds;
}

void log_ended(const SocketAddress& remote, const ConnectionStatistics& statistics) {
  if (!spdlog::should_log(spdlog::level::debug)) return;
  spdlog::debug(
      "connection from {} ended: received {} datagrams, {} bytes; sent {} datagrams, {} bytes; {} streams; "
      "smoothed RTT {} us",
      remote.to_string(), statistics.datagrams_received, statistics.bytes_received, statistics.datagrams_sent,
      statistics.bytes_sent, statistics.streams, statistics.smoothed_rtt.count() / 1000);
}

/// Ports that are steered here beside the one that is reserved.
void warn_of_other_ports(const Interface& interface, std::uint16_t reserved) {
  if (steers_only(interface, ranges_of({reserved})).value_or(true)) return;
  spdlog::warn("{} steers more ports than {}: QUIC on all of them is served, but only that one is reserved",
               interface.name, reserved);
}

/// "zero copy", or "copy mode" and why.
std::string copy_text(const XdpPort& port, const Interface& interface, const Attachment& attachment) {
  if (port.zero_copy()) return "zero copy";
  if (port.zero_copy_refused() != 0)
    return "copy mode (" + interface.driver_text() +
           " refused zero copy: " + std::strerror(port.zero_copy_refused()) + ")";
  return attachment.native ? "copy mode (as asked for)" : "copy mode (generic XDP has no zero copy)";
}

std::string metadata_text(const XdpPort& port) {
  if (!port.receives_metadata()) return "";
  return port.has_clock() ? ", receive metadata with timestamps"
                          : ", receive metadata without timestamps (" + port.clock_refused() + ")";
}

/// A NIC stamps packets only when it was told to.
void warn_of_missing_timestamps(const Interface& interface, const XdpPort& port) {
  if (port.has_clock() && !stamps_every_packet(interface).value_or(true))
    spdlog::warn("{}: the NIC does not stamp every packet it receives; 'hwstamp_ctl -i {} -r 1' has it do so",
                 interface.name, interface.name);
}

/// GnuTLS writes TLS secrets there by itself (its manual, section "Debugging and auditing").
void warn_of_key_log() {
  if (const char* file = secure_getenv("SSLKEYLOGFILE"))
    spdlog::warn("SSLKEYLOGFILE is set: who reads {} can decrypt every connection", file);
}

void announce(const RunOptions& options, const Interface& interface, const Attachment& attachment,
              const Worker& worker, const Worker::Config& config) {
  const UmemPlan& plan = config.xdp.plan;
  if (interface.receive_queues > 1)
    spdlog::warn(
        "{} has {} receive queues and queue {} is served: what comes in on the others is served by the "
        "kernel's sockets",
        interface.name, interface.receive_queues, options.queue);
  if (!attachment.native_refused.empty())
    spdlog::warn("fell back to generic XDP: {}", attachment.native_refused);
  warn_of_other_ports(interface, options.port);
  warn_of_missing_timestamps(interface, worker.xdp());
  warn_of_key_log();
  spdlog::info("ready: {} queue {}, UDP port {}, XDP in {} mode, {}, {} frames of {} bytes on {} pages{}{}",
               interface.name, options.queue, options.port, attachment.mode_name(),
               copy_text(worker.xdp(), interface, attachment), plan.frames(), plan.chunk_bytes,
               worker.xdp().huge_pages() ? "huge" : "normal (no huge pages free)",
               plan.multi_buffer() ? ", several a packet" : "", metadata_text(worker.xdp()));
}

void start_log(bool verbose) {
  auto logger = spdlog::stderr_logger_st("quicrx");
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

/// The flags of the loaded program; an error where it does not suit the plan, or the queue turns out to be
/// mute now that it is attached.
Result<std::uint32_t> loaded_for(const Interface& interface, const Attachment& attachment,
                                 const UmemPlan& plan, std::uint32_t queue) {
  if (auto refused = refuse_mute_queue(interface, queue); !refused) return tl::unexpected(refused.error());
  const auto config = loaded_config(interface);
  if (!config) return tl::unexpected(config.error());
  // In generic mode such packets reach the socket too long (seen on Linux 6.18: what lies in fragments is
  // counted twice).
  if (plan.multi_buffer() && !attachment.native)
    return fail(ErrorKind::unsupported,
                interface.name + ": generic XDP does not take packets larger than a frame; 'ip link set " +
                    interface.name + " mtu " + std::to_string(largest_single_buffer_mtu(interface.driver)) +
                    "' is the most");
  if (plan.multi_buffer() && (config->flags & QUICRX_MULTI_BUFFER) == 0)
    return fail(ErrorKind::busy, interface.name + ": quicrx was loaded for a smaller MTU; 'quicrx unload " +
                                     interface.name + "', then load it again");
  return config->flags;
}

/// What the user said is checked before anything is changed; what was changed goes with the scope.
Result<void> run(const RunOptions& options) {
  const Descriptor stop = stop_signals();
  const auto interface = check_machine().and_then([&] { return interface_of(options); });
  if (!interface) return tl::unexpected(interface.error());
  const auto plan = plan_umem(*interface, ask_device_features(*interface), options.frames);
  if (!plan) return tl::unexpected(plan.error());
  const auto quic = endpoint_config_of(options);
  if (!quic) return tl::unexpected(quic.error());
  const auto tls = first_tls_context(options, *quic);
  if (!tls) return tl::unexpected(tls.error());
  const auto http = http_config_of(options);
  if (!http) return tl::unexpected(http.error());
  const std::vector<PortRange> ports = ranges_of(wanted_ports(options, *quic));

  // Held while the program is looked at, loaded or unloaded. Destroyed in this order, last first: the record,
  // so that the program can tell whether another poller is left; the program; the lock.
  std::optional<SetupLock> lock;
  std::optional<OwnedProgram> program;
  if (auto taken = take_lock(lock); !taken) return taken;
  const CarrierWatch carrier(*interface);
  if (auto cleared = clear_abandoned(*interface, Wanted{ports, plan->multi_buffer()}); !cleared)
    return cleared;
  const auto record = Record::create(*interface, options.queue, *plan);
  if (!record) return tl::unexpected(record.error());
  auto ensured = OwnedProgram::ensure(*interface, ports);
  if (!ensured) return tl::unexpected(ensured.error());
  program.emplace(std::move(*ensured));
  const auto loaded = loaded_for(*interface, program->attachment(), *plan, options.queue);
  if (!loaded) return tl::unexpected(loaded.error());

  const Services services(*http, options.alpns);
  const Worker::Config config{.xdp = {.interface = *interface,
                                      .queue = options.queue,
                                      .plan = *plan,
                                      .bind = options.bind,
                                      .native = program->attachment().native,
                                      .receive_metadata = (*loaded & QUICRX_RX_METADATA) != 0,
                                      .busy_poll = std::chrono::microseconds(options.busy_poll_microseconds)},
                              .udp_port = options.port,
                              .quic = *quic,
                              .services = services.chosen(),
                              .drain = std::chrono::seconds(options.drain_seconds)};
  auto worker = Worker::open(config, worker_storage(**record), *tls);
  if (!worker) return tl::unexpected(worker.error());
  describe((*record)->header(), **worker, options);
  (*worker)->endpoint().on_ended(log_ended);
  auto steered = SteerMaps::open(*interface).and_then([&](const SteerMaps& maps) {
    return maps.set_socket(options.queue, (*worker)->xdp().descriptor());
  });
  if (!steered) return steered;
  lock.reset();
  if (!carrier.wait(CarrierWatch::kLongest, stop.get()))
    spdlog::warn("{}: no carrier {} s after the XDP program was attached and the socket bound",
                 interface->name, CarrierWatch::kLongest.count());
  announce(options, *interface, program->attachment(), **worker, config);
  raise_descriptor_limit();
  (*worker)->run(stop.get(), [&] { take_signal(stop); });
  spdlog::info("stopped");
  worker->reset();  // from here on the kernel has the queue's packets
  return take_lock(lock);
}

}  // namespace

void add_run(CLI::App& app, Action& action) {
  auto options = std::make_shared<RunOptions>();
  CLI::App* command =
      app.add_subcommand("run", "Serve HTTP/3 from one receive queue, until SIGINT or SIGTERM");
  add_run_options(*command, *options);
  command->callback([options, &action] {
    action = [options] {
      start_log(options->verbose);
      return done(run(*options));
    };
  });
}

}  // namespace quicrx::cli
