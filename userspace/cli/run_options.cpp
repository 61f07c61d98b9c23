// SPDX-License-Identifier: MIT
#include "cli/run_options.h"

#include <ngtcp2/ngtcp2.h>
#include <sched.h>

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <fstream>
#include <iterator>
#include <limits>
#include <map>

#include "cli/listen_addresses.h"
#include "net/address_text.h"
#include "net/number_list.h"
#include "protection/ipsec_mb.h"
#include "quic/connection_settings.h"
#include "quic/qlog_file.h"
#include "service/document_root.h"
#include "steer_abi.h"

namespace quicrx::cli {
namespace {

/// A choice among names, into a Choice or an optional one.
template <typename Place, typename Choice>
void add_choice(CLI::App& command, const std::string& name, Place& choice, const std::string& help,
                const std::string& names, const std::map<std::string, Choice>& values) {
  command.add_option(name, choice, help)
      ->transform(CLI::CheckedTransformer(values).description(names))
      ->type_name("");
}

constexpr double kYear = 31'536'000;  // in seconds

template <typename Number>
void add_number(CLI::App& command, const std::string& name, Number& number, const std::string& unit,
                const std::string& help, double least = 0) {
  const double most = unit == "SECONDS" ? kYear : 1e15;
  command.add_option(name, number, help)
      ->type_name(unit)
      ->capture_default_str()
      ->check(CLI::Range(least, most).description(""));
}

void add_port_options(CLI::App& command, RunOptions& options) {
  command.add_option("IFACE", options.interfaces, "Network interfaces to serve by AF_XDP")->expected(0, -1);
  add_choice(
      command, "--io", options.io,
      "By what datagrams come; auto: AF_XDP where an interface is named and it can be had, else sockets",
      "auto|af-xdp|io_uring|socket",
      std::map<std::string, Io>{{"auto", Io::automatic},
                                {"af-xdp", Io::af_xdp},
                                {"io_uring", Io::io_uring},
                                {"socket", Io::socket}});
  command.add_option("--port", options.port, "UDP port")
      ->check(CLI::Range(1, 65535).description(""))
      ->type_name("PORT");
  command
      .add_option("--listen", options.listen,
                  "Where sockets listen, instead of --port on every address; one of IPv4 and one of IPv6")
      ->type_name("IP:PORT")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  command
      .add_option(
          "--cpu", options.cpus,
          "CPUs that the workers are pinned to (default: with AF_XDP those of the queues' interrupts)")
      ->type_name("none|LIST");
  command
      .add_option("--workers", options.workers,
                  "Workers that serve by sockets (default: as many as there are CPUs)")
      ->check(CLI::Range(1, QUICRX_MAX_QUEUES).description(""))
      ->type_name("N");
}

void add_af_xdp_options(CLI::App& command, RunOptions& options) {
  command.add_option("--queues", options.queues, "Receive queues to serve, a worker each (default: all)")
      ->type_name("all|LIST");
  add_choice(
      command, "--bind", options.bind, "auto: zero copy where the driver has it, else copy",
      "auto|zero-copy|copy",
      std::map<std::string, BindMode>{
          {"auto", BindMode::automatic}, {"zero-copy", BindMode::zero_copy}, {"copy", BindMode::copy}});
  add_choice(
      command, "--tx", options.transmit,
      "By what answers leave; auto: AF_XDP where the driver has zero copy, else a socket", "xdp|socket|auto",
      std::map<std::string, TransmitBy>{
          {"xdp", TransmitBy::af_xdp}, {"socket", TransmitBy::socket}, {"auto", TransmitBy::automatic}});
  command
      .add_option("--frames", options.frames,
                  "UMEM frames, half for receive (default: enough for the NIC's ring and ours)")
      ->type_name("N");
  command
      .add_option("--busy-poll", options.busy_poll_microseconds,
                  "Poll the NIC for so long after traffic before sleeping (default: 0, sleep at once)")
      ->check(CLI::Range(0, 1'000'000).description(""))
      ->type_name("USEC");
}

void add_tls_options(CLI::App& command, RunOptions& options) {
  command.add_option("--cert", options.certificate, "Certificate chain, PEM")->required()->type_name("FILE");
  command.add_option("--key", options.key, "Private key, PEM")->required()->type_name("FILE");
  command
      .add_option("--client-ca", options.client_ca,
                  "Ask clients for a certificate that these authorities signed")
      ->type_name("FILE");
  command
      .add_option("--secret-file", options.secret_file,
                  "Secrets of tokens, session tickets and stateless resets, for several machines and across "
                  "restarts; 'openssl rand -hex 32' makes one")
      ->type_name("FILE");
  command.add_flag("--no-early-data", options.no_early_data, "Take no requests in 0-RTT");
}

void add_service_options(CLI::App& command, RunOptions& options) {
  command
      .add_option("--alpn", options.alpns, "Services: h3, hq-interop, perf, echo (default: h3,hq-interop)")
      ->delimiter(',')
      ->check(CLI::IsMember({"h3", "hq-interop", "perf", "echo"}).description(""))
      ->type_name("LIST");
  command.add_option("--root", options.root, "Folder of files to serve")->type_name("DIR");
  command
      .add_option("--upload-dir", options.upload_dir,
                  "Folder for PUT and POST to /upload/NAME (default: none)")
      ->type_name("DIR");
  command
      .add_flag("--discard-uploads", options.discard_uploads,
                "Read what is PUT or POSTed to /upload/NAME, and keep nothing of it (to measure with)")
      ->excludes("--upload-dir");
  command.add_option("--max-upload", options.max_upload_bytes, "Largest upload (default: no limit)")
      ->type_name("BYTES");
  add_number(command, "--drain", options.drain_seconds, "SECONDS",
             "How long requests under way may take to end when stopped");
  command.add_flag("--verbose", options.verbose, "Log each connection as it ends");
}

void add_quic_options(CLI::App& command, RunOptions& options) {
  EndpointConfig& quic = options.quic;
  add_choice(command, "--retry", quic.retry,
             "When clients prove their address by a Retry; auto (default): in a flood of handshakes",
             "auto|always|never",
             std::map<std::string, RetryMode>{
                 {"auto", RetryMode::automatic}, {"always", RetryMode::always}, {"never", RetryMode::never}});
  add_number(command, "--retry-threshold", quic.retry_threshold, "N",
             "Unproven handshakes under way that make a flood");
  command.add_flag("--prefer-v2", quic.prefer_v2, "Speak QUIC version 2 with clients that offer both");
  add_choice(command, "--congestion", quic.congestion_control, "Congestion control (default: cubic)",
             "cubic|bbr|reno",
             std::map<std::string, CongestionControl>{{"cubic", CongestionControl::cubic},
                                                      {"bbr", CongestionControl::bbr},
                                                      {"reno", CongestionControl::reno}});
  add_choice(command, "--aead", options.aead,
             "What protects packets; auto (default): ipsec-mb where this build and the CPU have it",
             "auto|ipsec-mb|gnutls",
             std::map<std::string, AeadLibrary>{{"auto", AeadLibrary::automatic},
                                                {"ipsec-mb", AeadLibrary::ipsec_mb},
                                                {"gnutls", AeadLibrary::gnutls}});
  command
      .add_option("--preferred-address", options.preferred_addresses,
                  "Where clients are invited to move to; one of IPv4 and one of IPv6")
      ->type_name("IP[:PORT]")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  add_number(command, "--initial-rtt", options.initial_rtt_milliseconds, "MSEC",
             "Round-trip time assumed before one was measured; less where networks lose much", 1);
  add_number(command, "--key-update-after", quic.key_update_bytes, "BYTES",
             "Update keys after so much sent on a connection; 0: when the cipher asks for it");
  command.add_option("--qlog-dir", quic.qlog_dir, "Log each connection's packets there, for debugging")
      ->type_name("DIR");
}

void add_limit_options(CLI::App& command, RunOptions& options) {
  EndpointLimits& limits = options.quic.limits;
  add_number(command, "--max-connections", limits.connections, "N", "Connections at once", 1);
  add_number(command, "--max-connections-per-prefix", limits.connections_per_prefix, "N",
             "Of one /24 (IPv4) or /48 (IPv6)", 1);
  add_number(command, "--max-handshakes", limits.handshakes, "N", "Handshakes under way at once", 1);
  add_number(command, "--max-streams", limits.streams_bidi, "N", "Streams open at once on a connection", 1);
  add_number(command, "--max-connection-memory", options.max_connection_memory_bytes, "BYTES",
             "What a connection may hold: three quarters QUIC state, the rest data sent and not acknowledged",
             1 << 20);
  add_number(command, "--max-memory", options.max_memory_bytes, "BYTES",
             "What all may hold, half and half; beyond, new ones are refused", 1 << 24);
  add_number(command, "--handshake-timeout", options.handshake_timeout_seconds, "SECONDS",
             "For the handshake", 1);
  add_number(command, "--idle-timeout", options.idle_timeout_seconds, "SECONDS", "Without a packet", 1);
  add_number(command, "--stall-timeout", options.stall_timeout_seconds, "SECONDS",
             "With streams open and no byte moving on them; 0: no limit");
  add_number(command, "--max-idle-packets", limits.idle_packets_per_second, "N",
             "Packets a second that bring nothing, with bursts of ten seconds' worth; 0: no limit");
  add_number(command, "--max-resets", limits.resets_per_second, "N", "Stateless resets sent a second");
}

/// What is in a file; nothing when there is none, which is told elsewhere.
std::string text_of(const std::string& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// Of a limit, so much that all have it together; never nothing.
std::size_t share(std::uint64_t limit, std::size_t workers) {
  return static_cast<std::size_t>((limit + workers - 1) / workers);
}

Result<void> set_preferred(EndpointConfig& config, const std::string& text, const RunOptions& options) {
  const auto listen = listen_addresses(options);
  if (!listen) return tl::unexpected(listen.error());
  const auto address = parse_socket_address(text, listen->port());
  if (!address) return fail(address.error().kind, "--preferred-address: " + address.error().message);
  if (!address->is_unicast())
    return fail(ErrorKind::usage, "--preferred-address: " + text + " is no host's address");
  // What comes by another interface than its worker's is answered by a socket, which has one port.
  if (options.interfaces.size() > 1 && address->port() != options.port)
    return fail(ErrorKind::usage, "--preferred-address: " + text +
                                      " has another port than --port, which wants "
                                      "a run for one interface");
  auto& place = address->is_ipv6() ? config.preferred_ipv6 : config.preferred_ipv4;
  if (place) return fail(ErrorKind::usage, "--preferred-address: more than one of the same IP version");
  place = *address;
  return {};
}

}  // namespace

void add_run_options(CLI::App& command, RunOptions& options) {
  add_port_options(command, options);
  add_af_xdp_options(command, options);
  add_tls_options(command, options);
  add_service_options(command, options);
  add_quic_options(command, options);
  add_limit_options(command, options);
}

Result<std::optional<std::vector<unsigned>>> named_cpus(const RunOptions& options) {
  if (!options.cpus) return std::nullopt;
  auto cpus = parse_number_list(*options.cpus, CPU_SETSIZE - 1);
  if (!cpus) return fail(cpus.error().kind, "--cpu: " + cpus.error().message);
  return std::optional(std::move(*cpus));
}

Result<EndpointConfig> endpoint_config_of(const RunOptions& options, std::size_t workers,
                                          const std::string& queue_names) {
  EndpointConfig config = options.quic;
  EndpointLimits& limits = config.limits;
  config.reset_name = text_of("/etc/machine-id") + queue_names;
  config.initial_rtt = std::chrono::milliseconds(options.initial_rtt_milliseconds);
  limits.handshake_timeout = std::chrono::seconds(options.handshake_timeout_seconds);
  limits.idle_timeout = std::chrono::seconds(options.idle_timeout_seconds);
  limits.stall_timeout = std::chrono::seconds(options.stall_timeout_seconds);
  limits.connection_memory = options.max_connection_memory_bytes / 4 * 3;
  limits.memory = options.max_memory_bytes / 2;
  config.memory = std::make_shared<MemoryReserve>(limits.memory);
  auto library = choose_cipher_library(options.aead);
  if (!library) return fail(library.error().kind, "--aead: " + library.error().message);
  config.cipher_library = std::move(*library);
  limits.resets_per_second = share(limits.resets_per_second, workers);
  for (const std::string& text : options.preferred_addresses)
    if (auto set = set_preferred(config, text, options); !set) return tl::unexpected(set.error());
  if (!config.qlog_dir.empty()) {
    if (auto safe = check_qlog_is_safe(ngtcp2_version(0)->version_num); !safe)
      return tl::unexpected(safe.error());
    const auto folder = open_folder(config.qlog_dir);
    if (!folder) return fail(folder.error().kind, "--qlog-dir: " + folder.error().message);
  }
  if (!options.secret_file.empty()) {
    auto secrets = Secrets::load(options.secret_file);
    if (!secrets) return tl::unexpected(secrets.error());
    config.secrets = std::move(*secrets);
  }
  return config;
}

Result<std::shared_ptr<const TlsContext>> tls_context_of(const RunOptions& options,
                                                         const EndpointConfig& config,
                                                         std::shared_ptr<EarlyDataGuard> guard) {
  TlsOptions tls;
  tls.client_ca_file = options.client_ca;
  for (const std::string& alpn : options.alpns)
    tls.ticket_keys.push_back(
        config.secrets.ticket_key(ticket_promise(config, alpn, text_of(options.client_ca))));
  if (!options.no_early_data) tls.early_data = std::move(guard);
  tls.cipher_library = config.cipher_library;
  return TlsContext::load(options.certificate, options.key, options.alpns, std::move(tls));
}

Result<HttpConfig> http_config_of(const RunOptions& options, std::size_t workers) {
  auto config = open_http_folders({"--root", options.root}, {"--upload-dir", options.upload_dir});
  if (!config) return config;
  config->send_memory_per_connection_bytes = options.max_connection_memory_bytes / 4;
  config->send_memory_bytes = share(options.max_memory_bytes / 2, workers);
  config->discard_uploads = options.discard_uploads;
  if (options.max_upload_bytes) config->max_upload_bytes = *options.max_upload_bytes;
  return config;
}

std::vector<std::uint16_t> wanted_ports(const RunOptions& options, const EndpointConfig& config) {
  std::vector<std::uint16_t> ports{options.port};
  for (const auto* preferred : {&config.preferred_ipv4, &config.preferred_ipv6})
    if (*preferred) ports.push_back((*preferred)->port());
  return ports;
}

}  // namespace quicrx::cli
