// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "quic/address_tokens.h"
#include "quic/connection_memory.h"
#include "quic/connection_table.h"
#include "quic/endpoint_config.h"
#include "quic/endpoint_counters.h"
#include "quic/tls_context.h"
#include "quicrx/port.h"
#include "quicrx/service.h"

namespace quicrx {

/// What a connection needs of its endpoint.
class ConnectionHost {
 public:
  [[nodiscard]] virtual Port& port() = 0;
  /// For connections that begin now.
  [[nodiscard]] virtual const std::shared_ptr<const TlsContext>& tls() const = 0;
  [[nodiscard]] virtual const EndpointConfig& config() const = 0;
  [[nodiscard]] virtual EndpointCounters& counters() = 0;
  [[nodiscard]] virtual ConnectionTable& table() = 0;
  [[nodiscard]] virtual const AddressTokens& tokens() const = 0;
  /// Fills kConnectionIdBytes with a fresh ID, which says that its connection is here.
  virtual void make_id(MutableBytes id) = 0;
  /// What stateless reset tokens are keyed by.
  [[nodiscard]] virtual Bytes reset_key() const = 0;
  /// What the QUIC state of all connections takes.
  [[nodiscard]] virtual MemoryLimit& memory() = 0;
  /// Nothing new is taken.
  [[nodiscard]] virtual bool draining() const = 0;
  /// Unix time at a time of ours.
  [[nodiscard]] virtual AddressTokens::WallTime wall_time(Timestamp now) const = 0;
  /// The service for an ALPN; null when there is none.
  [[nodiscard]] virtual Service* service(std::string_view alpn) = 0;
  /// The connection has something to write in this turn.
  virtual void want_write(Connection& connection) = 0;

 protected:
  ~ConnectionHost() = default;
};

}  // namespace quicrx
