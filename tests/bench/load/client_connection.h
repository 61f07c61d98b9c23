// SPDX-License-Identifier: MIT
#pragma once

#include <ngtcp2/ngtcp2_crypto.h>

#include <memory>

#include "client_socket.h"
#include "client_tls.h"
#include "http_client.h"
#include "quic/timer_heap.h"

namespace quicrx::load {

/// How long a connection ID of the client's is; it begins with the connection's number.
constexpr std::size_t kIdBytes = 8;

/// One connection of the client, from its handshake to its close.
class ClientConnection : public Timer {
 public:
  ClientConnection(std::uint32_t number, const ClientTls& tls, ClientSocket& socket,
                   const SocketAddress& server, std::chrono::seconds keep_alive, Timestamp now);
  ClientConnection(const ClientConnection&) = delete;
  ClientConnection& operator=(const ClientConnection&) = delete;

  void read(Bytes datagram, Timestamp now);
  void expire(Timestamp now);
  void write(Timestamp now);
  void close(Timestamp now);
  /// One at a time; false when it cannot be asked now.
  bool ask(const Request& request) { return http_.ask(conn_.get(), request); }

  [[nodiscard]] std::uint32_t number() const { return number_; }
  [[nodiscard]] bool failed() const { return failed_; }
  [[nodiscard]] Timestamp deadline() const;
  /// True once, when the handshake is complete.
  bool take_ready();
  HttpClient& http() { return http_; }

  bool write_due = false;  // the client's

 private:
  struct Callbacks;
  struct Deleter {
    void operator()(ngtcp2_conn* conn) const { ngtcp2_conn_del(conn); }
  };

  bool start(std::chrono::seconds keep_alive, Timestamp now);
  /// Datagrams of one size, of which the last may be shorter; false when there is nothing to say.
  bool write_train(Timestamp now);
  /// Bytes of a datagram that were written; 0 when there is nothing to say.
  std::size_t write_datagram(MutableBytes room, Timestamp now);

  std::uint32_t number_;
  ClientSocket& socket_;
  Path path_;
  TlsSession tls_;
  HttpClient http_;
  ngtcp2_crypto_conn_ref reference_{};
  std::unique_ptr<ngtcp2_conn, Deleter> conn_;
  bool ready_ = false;
  bool ready_taken_ = false;
  bool failed_ = false;
};

}  // namespace quicrx::load
