// SPDX-License-Identifier: MIT
#pragma once

#include <gnutls/gnutls.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "protection/keys.h"
#include "quic/random.h"
#include "quic/secrets.h"
#include "quicrx/result.h"

namespace quicrx {

class EarlyDataGuard;

struct TlsSessionDeleter {
  void operator()(gnutls_session_int* session) const { gnutls_deinit(session); }
};
using TlsSession = std::unique_ptr<gnutls_session_int, TlsSessionDeleter>;

/// What a server asks and offers in TLS beside its certificate.
struct TlsOptions {
  std::string client_ca_file;  ///< clients must show a certificate that these authorities signed; empty: none
  /// With tickets clients come back without the server's certificate, and may send data at once (0-RTT). A
  /// key for each ALPN, for a ticket is good for its own only (RFC 8446 section 4.2.10); none: no tickets.
  std::vector<Secrets::TicketKey> ticket_keys;
  std::shared_ptr<EarlyDataGuard> early_data;  ///< with it, holders of tickets may send 0-RTT; null: no 0-RTT
  std::shared_ptr<const CipherLibrary> cipher_library;  ///< what protects packets; null: GnuTLS
};

/// A server's certificate and what it offers in a TLS handshake. It never changes, so any number of threads
/// may share it; a new certificate is a new context (Endpoint::use()).
class TlsContext {
 public:
  /// PEM files. The error tells an unreadable file, one that is no certificate or key, and a pair that does
  /// not match from each other.
  static Result<std::shared_ptr<const TlsContext>> load(const std::string& certificate_file,
                                                        const std::string& key_file,
                                                        std::vector<std::string> alpns,
                                                        TlsOptions options = {});

  /// A session for one connection; null when memory is out. The context outlives it.
  [[nodiscard]] TlsSession new_session() const;
  /// For later connections of a client whose handshake is complete; nothing where there are no tickets.
  void send_tickets(gnutls_session_t session) const;
  /// What protects the packets of its connections; null: GnuTLS, as ngtcp2 has it.
  [[nodiscard]] const CipherLibrary* cipher_library() const { return options_.cipher_library.get(); }

 private:
  struct CredentialsDeleter {
    void operator()(gnutls_certificate_credentials_st* credentials) const {
      gnutls_certificate_free_credentials(credentials);
    }
  };
  struct PriorityDeleter {
    void operator()(gnutls_priority_st* priority) const { gnutls_priority_deinit(priority); }
  };

  TlsContext(std::vector<std::string> alpns, TlsOptions options)
      : alpns_(std::move(alpns)), options_(std::move(options)) {}
  Result<void> make_priorities();
  bool configure(gnutls_session_t session) const;
  void prepare(gnutls_session_t session, const gnutls_datum_t& client_hello) const;
  static int install_secrets(gnutls_session_t session, gnutls_record_encryption_level_t level,
                             const void* receive, const void* send, std::size_t bytes);
  static int on_client_hello(gnutls_session_t session, unsigned type, unsigned when, unsigned incoming,
                             const gnutls_datum_t* message);

  std::unique_ptr<gnutls_certificate_credentials_st, CredentialsDeleter> credentials_;
  using Priority = std::unique_ptr<gnutls_priority_st, PriorityDeleter>;
  Priority clients_order_;
  Priority our_order_;
  std::vector<std::string> alpns_;
  TlsOptions options_;
};

/// The ALPN that a session's handshake chose; empty before.
std::string_view chosen_alpn(gnutls_session_t session);

}  // namespace quicrx
