// SPDX-License-Identifier: MIT
/// A QUIC client in plain memory, on ngtcp2: for what no good client does.
#pragma once

#include <gnutls/gnutls.h>
#include <ngtcp2/ngtcp2.h>
#include <ngtcp2/ngtcp2_crypto.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "quic/connection_settings.h"
#include "quicrx/datagram.h"

namespace quicrx::test {

class TestClient {
 public:
  struct Kind {
    std::string token{};
    std::string groups{};   // to be added to GnuTLS's priorities
    std::string session{};  // of an earlier client's session_data()
    std::string limits{};   // of that client's server_limits(): what is asked for at once leaves in 0-RTT
    std::uint32_t version = NGTCP2_PROTO_VER_V1;
    bool two_shares = false;    // of the first two groups; else of the first
    std::uint8_t first_id = 0;  // each byte of the first destination ID; 0: random
  };

  TestClient(const std::string& alpn, const Path& server_path, Timestamp now, const std::string& token = {})
      : TestClient(alpn, server_path, now, Kind{.token = token}) {}
  TestClient(const std::string& alpn, const Path& server_path, Timestamp now, const Kind& kind);
  ~TestClient();
  TestClient(const TestClient&) = delete;
  TestClient& operator=(const TestClient&) = delete;

  /// All datagrams that are due, with what is queued on streams.
  std::vector<std::vector<std::uint8_t>> write(Timestamp now);
  void read(const std::vector<std::uint8_t>& datagram, Timestamp now);
  void expire(Timestamp now);

  /// A CONNECTION_CLOSE; empty when it was sent before.
  std::vector<std::uint8_t> close(Timestamp now);

  /// Opens a stream and queues bytes on it.
  std::int64_t request(const std::string& bytes);
  /// Gives a stream up before anything of it was sent.
  void reset(std::int64_t stream) {
    pending_.erase(stream);
    ngtcp2_conn_shutdown_stream(conn_.get(), 0, stream, 7);
  }
  /// A TLS message in CRYPTO frames at 1-RTT level, where a client has nothing to say.
  void say_in_tls(const std::vector<std::uint8_t>& message);

  /// By which a later client may come back, once a ticket has come.
  [[nodiscard]] std::string session_data() const;
  /// What the server allows, by which a later client may send in 0-RTT.
  [[nodiscard]] std::string server_limits() const;
  /// Begins to send under new keys (RFC 9001 section 6); false: it is too early.
  bool update_keys(Timestamp now) {
    return ngtcp2_conn_initiate_key_update(conn_.get(), to_ngtcp2(now)) == 0;
  }
  [[nodiscard]] gnutls_cipher_algorithm_t cipher() const { return gnutls_cipher_get(tls_); }
  [[nodiscard]] gnutls_group_t group() const { return gnutls_group_get(tls_); }
  /// The server's, in DER; empty before it has come.
  [[nodiscard]] std::string certificate() const;
  [[nodiscard]] bool resumed() const { return gnutls_session_is_resumed(tls_) != 0; }
  [[nodiscard]] bool handshake_done() const { return ngtcp2_conn_get_handshake_completed(conn_.get()) != 0; }
  /// By which the server is addressed now.
  [[nodiscard]] Bytes server_id() const {
    const ngtcp2_cid* id = ngtcp2_conn_get_dcid(conn_.get());
    return {id->data, id->datalen};
  }
  /// The CONNECTION_CLOSE that came, if one did.
  [[nodiscard]] const ngtcp2_ccerr* closed() const {
    return draining ? ngtcp2_conn_get_ccerr(conn_.get()) : nullptr;
  }

  bool draining = false;
  int error = 0;
  std::string new_token;  // that the server gave for a later connection
  std::map<std::int64_t, std::string> received;
  std::map<std::int64_t, std::uint64_t> stream_errors;
  std::map<std::int64_t, bool> finished;

 private:
  struct Pending {
    std::string bytes;
    std::size_t sent = 0;
    bool done = false;
  };
  struct ConnDeleter {
    void operator()(ngtcp2_conn* conn) const { ngtcp2_conn_del(conn); }
  };

  Path path_;
  gnutls_certificate_credentials_t credentials_ = nullptr;
  gnutls_session_t tls_ = nullptr;
  ngtcp2_crypto_conn_ref reference_{};
  std::unique_ptr<ngtcp2_conn, ConnDeleter> conn_;
  bool may_send_early_ = false;
  std::map<std::int64_t, Pending> pending_;
  std::vector<std::vector<std::uint8_t>> tls_messages_;
};

}  // namespace quicrx::test
