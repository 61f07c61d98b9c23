// SPDX-License-Identifier: MIT
#pragma once

#include <CLI/App.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "port/port_group.h"
#include "quic/early_data_guard.h"
#include "quic/endpoint_config.h"
#include "quic/tls_context.h"
#include "quicrx/aead.h"
#include "quicrx/result.h"
#include "service/http_config.h"
#include "xdp/xsk_socket.h"

namespace quicrx::cli {

/// By what datagrams come and go.
enum class Io : std::uint8_t { automatic, af_xdp, io_uring, socket };

/// The words of `quicrx run`.
struct RunOptions {
  std::vector<std::string> interfaces;
  Io io = Io::automatic;
  std::uint16_t port = 0;              ///< 0: not given, but perhaps `listen`
  std::vector<std::string> listen;     ///< not with AF_XDP
  std::optional<std::string> cpus;     ///< a list, or "none"
  std::optional<std::size_t> workers;  ///< not with AF_XDP

  // For AF_XDP alone.
  std::optional<std::string> queues;
  std::optional<BindMode> bind;
  std::optional<TransmitBy> transmit;
  std::optional<std::uint32_t> frames;
  std::optional<std::uint32_t> busy_poll_microseconds;

  std::string certificate;
  std::string key;
  std::string client_ca;
  std::string secret_file;
  bool no_early_data = false;

  std::vector<std::string> alpns{"h3", "hq-interop"};
  std::string root;
  std::string upload_dir;
  bool discard_uploads = false;
  std::optional<std::uint64_t> max_upload_bytes;

  AeadLibrary aead = AeadLibrary::automatic;
  EndpointConfig quic;  ///< limits are read straight into it
  std::vector<std::string> preferred_addresses;
  std::uint32_t initial_rtt_milliseconds = 333;
  std::uint32_t handshake_timeout_seconds = 20;
  std::uint32_t idle_timeout_seconds = 30;
  std::uint32_t stall_timeout_seconds = 60;
  std::uint64_t max_connection_memory_bytes = std::uint64_t{32} << 20;
  std::uint64_t max_memory_bytes = std::uint64_t{1} << 30;
  std::uint32_t drain_seconds = 5;
  bool verbose = false;
};

/// Adds the options to the command.
void add_run_options(CLI::App& command, RunOptions& options);

/// The parts of the server's configuration that the words stand for. An error names the word. The rates
/// and memory that each worker counts by itself are divided among them. `queue_names`: what this machine
/// serves, for its stateless resets.
Result<EndpointConfig> endpoint_config_of(const RunOptions& options, std::size_t workers,
                                          const std::string& queue_names);
Result<std::shared_ptr<const TlsContext>> tls_context_of(const RunOptions& options,
                                                         const EndpointConfig& config,
                                                         std::shared_ptr<EarlyDataGuard> guard);
Result<HttpConfig> http_config_of(const RunOptions& options, std::size_t workers);
/// The CPUs that `--cpu` lists; nothing when it was not given.
Result<std::optional<std::vector<unsigned>>> named_cpus(const RunOptions& options);

/// UDP ports that must be steered: the one that is served, and those of preferred addresses.
std::vector<std::uint16_t> wanted_ports(const RunOptions& options, const EndpointConfig& config);

}  // namespace quicrx::cli
