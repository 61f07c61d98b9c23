// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "quic/connection_table.h"
#include "quic/endpoint_counters.h"
#include "quic/tls_context.h"
#include "quicrx/port.h"
#include "quicrx/service.h"

namespace quicrx {

/// The length of the connection IDs that we issue: a packet with a short header does not tell.
inline constexpr std::size_t kConnectionIdBytes = 18;

/// What an endpoint allows its peers. Defaults suit a public server.
struct EndpointLimits {
  std::chrono::nanoseconds handshake_timeout = std::chrono::seconds(10);
  std::chrono::nanoseconds idle_timeout = std::chrono::seconds(30);
  std::size_t connections = 100'000;
  std::uint64_t streams_bidi = 100;  ///< open at once, on a connection
  std::uint64_t streams_uni = 16;
  // Receive windows open as the service consumes, and grow to the largest where the path needs it.
  std::uint64_t connection_window = std::uint64_t{1} << 20;
  std::uint64_t stream_window = std::uint64_t{256} << 10;
  std::uint64_t max_connection_window = std::uint64_t{16} << 20;
  std::uint64_t max_stream_window = std::uint64_t{8} << 20;
};

/// What a connection needs of its endpoint.
class ConnectionHost {
 public:
  [[nodiscard]] virtual Port& port() = 0;
  [[nodiscard]] virtual const TlsContext& tls() const = 0;
  [[nodiscard]] virtual const EndpointLimits& limits() const = 0;
  [[nodiscard]] virtual EndpointCounters& counters() = 0;
  [[nodiscard]] virtual ConnectionTable& table() = 0;
  [[nodiscard]] virtual Bytes reset_secret() const = 0;
  /// The service for an ALPN; null when there is none.
  [[nodiscard]] virtual Service* service(std::string_view alpn) = 0;
  /// The connection has something to write in this turn.
  virtual void want_write(Connection& connection) = 0;

 protected:
  ~ConnectionHost() = default;
};

}  // namespace quicrx
