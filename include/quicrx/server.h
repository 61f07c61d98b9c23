// SPDX-License-Identifier: MIT
/// A QUIC server over a port.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "quicrx/aead.h"
#include "quicrx/export.h"
#include "quicrx/limits.h"
#include "quicrx/pool_policy.h"
#include "quicrx/port.h"
#include "quicrx/result.h"
#include "quicrx/service.h"

namespace quicrx {

struct ServerOptions {
  std::string certificate_file{};    ///< chain, PEM
  std::string key_file{};            ///< PEM
  std::vector<Service*> services{};  ///< by ALPN; outlive the server
  EndpointLimits limits{};
  AeadLibrary aead = AeadLibrary::automatic;  ///< what protects packets
  PoolPolicy* pools =
      nullptr;  ///< null: fair shares of the port's pool, and of hold_pool; outlives the server
  FramePool* hold_pool = nullptr;  ///< for what sessions keep; null: one of the server's own; outlives it
};

/// What a server has done so far.
struct ServerStatistics {
  std::uint64_t connections = 0;  ///< now
  std::uint64_t accepted = 0;
  std::uint64_t handshakes_completed = 0;
  std::uint64_t handshakes_failed = 0;
  std::uint64_t stream_bytes_received = 0;
  std::uint64_t stream_bytes_sent = 0;
  std::uint64_t held_in_frames = 0;       ///< pieces of memory that sessions asked for, of a pool
  std::uint64_t held_on_heap = 0;         ///< as above; the connection's budget was used up
  std::uint64_t send_budget_reached = 0;  ///< times that a connection's writes waited for frames of its own
};

class ServerCore;

/// All QUIC connections (RFC 9000) that come by one port: QUIC versions 1 and 2, TLS 1.3 with session
/// tickets.
///
/// One thread, the port's. Call turn() from a loop of your own, or run(). For several threads make a port and
/// a server each; a connection whose packets come to another's port is then unknown there. (The quicrx
/// program hands those over between its workers.)
class QUICRX_API Server {
 public:
  /// The port outlives the server. Errors say which file is amiss, or why there is no ipsec-mb.
  static Result<std::unique_ptr<Server>> create(PollablePort& port, const ServerOptions& options);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// Reads what has arrived (at most kBatch datagrams), does what is due, and sends. When the next turn is
  /// due although the port's descriptor is not readable; nothing: not before it is.
  [[nodiscard]] std::optional<Timestamp> turn();

  /// Turns, with waits between them, until `stop` (a descriptor) is readable or at its end; it is not read.
  /// The error: the wait failed.
  Result<void> run(int stop);

  /// Takes no new connections, and has sessions end what is under way (Session::drain). Turns go on.
  void drain();
  [[nodiscard]] bool drained() const;
  /// Closes every connection with a frame. So does the destructor.
  void close();

  [[nodiscard]] ServerStatistics statistics() const;

 private:
  explicit Server(std::unique_ptr<ServerCore> core);

  std::unique_ptr<ServerCore> core_;
};

}  // namespace quicrx
