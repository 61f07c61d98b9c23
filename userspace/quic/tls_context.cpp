// SPDX-License-Identifier: MIT
#include "quic/tls_context.h"

#include <ngtcp2/ngtcp2_crypto.h>
#include <ngtcp2/ngtcp2_crypto_gnutls.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <limits>
#include <optional>

#include "protection/datum.h"
#include "protection/key_installation.h"
#include "quic/backdated_clock.h"
#include "quic/client_hello.h"
#include "quic/early_data_guard.h"

namespace quicrx {
namespace {

// TLS 1.3 only, with the cipher suites and groups that QUIC has (RFC 9001 section 5.3), the cheapest first.
constexpr const char* kPriority =
    "%DISABLE_TLS13_COMPAT_MODE:NORMAL:-VERS-ALL:+VERS-TLS1.3:-CIPHER-ALL:+AES-128-GCM:+AES-256-GCM:"
    "+CHACHA20-POLY1305:+AES-128-CCM:-GROUP-ALL:+GROUP-X25519:+GROUP-SECP256R1:+GROUP-SECP384R1:+GROUP-"
    "SECP521R1";

ngtcp2_conn* connection_of(gnutls_session_t session) {
  auto* reference = static_cast<ngtcp2_crypto_conn_ref*>(gnutls_session_get_ptr(session));
  return reference->get_conn(reference);
}

const TlsContext& context_of(gnutls_session_t session) {
  return *static_cast<const TlsContext*>(gnutls_db_get_ptr(session));
}

bool install_by_gnutls(ngtcp2_conn* conn, ngtcp2_encryption_level level, const std::uint8_t* receive,
                       const std::uint8_t* send, std::size_t bytes) {
  return (receive == nullptr || ngtcp2_crypto_derive_and_install_rx_key(conn, nullptr, nullptr, nullptr,
                                                                        level, receive, bytes) == 0) &&
         (send == nullptr ||
          ngtcp2_crypto_derive_and_install_tx_key(conn, nullptr, nullptr, nullptr, level, send, bytes) == 0);
}

Result<void> check_readable(const char* what, const std::string& file) {
  if (access(file.c_str(), R_OK) == 0) return {};
  const ErrorKind kind = errno == EACCES ? ErrorKind::permission : ErrorKind::not_found;
  return fail(kind, std::string(what) + " " + file + ": " + std::strerror(errno));
}

Result<void> load_files(gnutls_certificate_credentials_t credentials, const std::string& certificate_file,
                        const std::string& key_file, const std::string& client_ca_file) {
  const int error = gnutls_certificate_set_x509_key_file2(credentials, certificate_file.c_str(),
                                                          key_file.c_str(), GNUTLS_X509_FMT_PEM, nullptr, 0);
  if (error == GNUTLS_E_CERTIFICATE_KEY_MISMATCH)
    return fail(ErrorKind::usage, "certificate " + certificate_file + " does not match key " + key_file);
  if (error < 0)
    return fail(ErrorKind::usage, "certificate " + certificate_file + " with key " + key_file + ": " +
                                      gnutls_strerror(error) + "; both must be PEM files");
  if (client_ca_file.empty()) return {};
  if (gnutls_certificate_set_x509_trust_file(credentials, client_ca_file.c_str(), GNUTLS_X509_FMT_PEM) > 0)
    return {};
  return fail(ErrorKind::usage,
              "client authorities " + client_ca_file + ": no certificate in it; it must be a PEM file");
}

}  // namespace

Result<std::shared_ptr<const TlsContext>> TlsContext::load(const std::string& certificate_file,
                                                           const std::string& key_file,
                                                           std::vector<std::string> alpns,
                                                           TlsOptions options) {
  auto readable = check_readable("certificate", certificate_file)
                      .and_then([&] { return check_readable("key", key_file); })
                      .and_then([&] {
                        return options.client_ca_file.empty()
                                   ? Result<void>()
                                   : check_readable("client authorities", options.client_ca_file);
                      });
  if (!readable) return tl::unexpected(readable.error());

  const std::shared_ptr<TlsContext> context(new TlsContext(std::move(alpns), std::move(options)));
  gnutls_certificate_credentials_t credentials = nullptr;
  if (const int error = gnutls_certificate_allocate_credentials(&credentials); error != 0)
    return fail(ErrorKind::failure, std::string("GnuTLS: ") + gnutls_strerror(error));
  context->credentials_.reset(credentials);
  auto loaded = load_files(credentials, certificate_file, key_file, context->options_.client_ca_file);
  if (!loaded) return tl::unexpected(loaded.error());
  if (auto made = context->make_priorities(); !made) return tl::unexpected(made.error());
  return context;
}

Result<void> TlsContext::make_priorities() {
  const std::string ours = std::string("%SERVER_PRECEDENCE:") + kPriority;
  for (const auto& [priority, text] :
       {std::pair(&clients_order_, kPriority), std::pair(&our_order_, ours.c_str())}) {
    gnutls_priority_t made = nullptr;
    if (const int failed = gnutls_priority_init(&made, text, nullptr); failed != 0)
      return fail(ErrorKind::failure, std::string("GnuTLS priorities: ") + gnutls_strerror(failed));
    priority->reset(made);
  }
  return {};
}

bool TlsContext::configure(gnutls_session_t session) const {
  std::vector<gnutls_datum_t> names;
  for (const std::string& alpn : alpns_)
    names.push_back({reinterpret_cast<unsigned char*>(const_cast<char*>(alpn.data())),
                     static_cast<unsigned>(alpn.size())});
  const unsigned alpn_flags = GNUTLS_ALPN_MANDATORY | GNUTLS_ALPN_SERVER_PRECEDENCE;
  if (gnutls_priority_set(session, clients_order_.get()) != 0 ||
      gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, credentials_.get()) != 0 ||
      gnutls_alpn_set_protocols(session, names.data(), static_cast<unsigned>(names.size()), alpn_flags) !=
          0 ||
      ngtcp2_crypto_gnutls_configure_server_session(session) != 0)
    return false;
  gnutls_handshake_set_secret_function(session, install_secrets);
  gnutls_handshake_set_hook_function(session, GNUTLS_HANDSHAKE_CLIENT_HELLO, GNUTLS_HOOK_BOTH,
                                     on_client_hello);
  // For context_of(); in TLS 1.3 GnuTLS has no use for it.
  gnutls_db_set_ptr(session, const_cast<TlsContext*>(this));
  if (!options_.client_ca_file.empty()) {
    gnutls_certificate_server_set_request(session, GNUTLS_CERT_REQUIRE);
    gnutls_session_set_verify_cert(session, nullptr, 0);
  }
  const std::chrono::seconds ticket_lifetime = EarlyDataGuard::kTicketLifetime;
  gnutls_db_set_cache_expiration(session, static_cast<int>(ticket_lifetime.count()));
  if (!options_.early_data) return true;
  options_.early_data->protect(session);
  // RFC 9001 section 4.6.1: the value that says "0-RTT"; flow control bounds the data.
  return gnutls_record_set_max_early_data_size(session, std::numeric_limits<std::uint32_t>::max()) == 0;
}

/// Refuses to have keys of 0-RTT made twice, as ngtcp2's own function for this does not: GnuTLS does after a
/// HelloRetryRequest, and ngtcp2 would end the process (an assertion in ngtcp2_conn_install_0rtt_key).
int TlsContext::install_secrets(gnutls_session_t session, gnutls_record_encryption_level_t gnutls_level,
                                const void* receive, const void* send, std::size_t bytes) {
  ngtcp2_conn* conn = connection_of(session);
  const auto level = ngtcp2_crypto_gnutls_from_gnutls_record_encryption_level(gnutls_level);
  if (level == NGTCP2_ENCRYPTION_LEVEL_0RTT &&
      ngtcp2_conn_get_0rtt_crypto_ctx(conn)->aead.native_handle != nullptr)
    return GNUTLS_E_RECEIVED_ILLEGAL_PARAMETER;
  const auto* to_receive = static_cast<const std::uint8_t*>(receive);
  const auto* to_send = static_cast<const std::uint8_t*>(send);
  const CipherLibrary* library = context_of(session).cipher_library();
  const bool installed = library != nullptr
                             ? install_keys(*library, conn, session, level, to_receive, to_send, bytes)
                             : install_by_gnutls(conn, level, to_receive, to_send, bytes);
  return installed ? 0 : GNUTLS_E_INTERNAL_ERROR;
}

/// Before GnuTLS has read the ClientHello, and after.
int TlsContext::on_client_hello(gnutls_session_t session, unsigned, unsigned when, unsigned,
                                const gnutls_datum_t* message) {
  if (when == GNUTLS_HOOK_PRE) {
    context_of(session).prepare(session, *message);
    return 0;
  }
  // RFC 9001 section 8.2. GnuTLS asks nobody about an extension that did not come, and ngtcp2 1.11 notices
  // only at the end of the handshake, when our session would have begun long since.
  const bool present = ngtcp2_conn_get_remote_transport_params(connection_of(session)) != nullptr;
  return present ? 0 : GNUTLS_E_MISSING_EXTENSION;
}

void TlsContext::prepare(gnutls_session_t session, const gnutls_datum_t& client_hello) const {
  const auto hello = parse_client_hello(client_hello);
  // RFC 8446 section 4.2.10: after a HelloRetryRequest there is no 0-RTT.
  if (!hello || hello->needs_retry()) EarlyDataGuard::refuse(session);
  // A second ClientHello gets what the first one was promised (RFC 8446 section 4.1.4).
  const bool second = gnutls_handshake_get_last_out(session) == GNUTLS_HANDSHAKE_HELLO_RETRY_REQUEST;
  if (!second && hello && hello->takes_our_order()) gnutls_priority_set(session, our_order_.get());
  const auto chosen = hello ? hello->choose_alpn(alpns_) : std::nullopt;
  if (!chosen || *chosen >= options_.ticket_keys.size()) return;
  const Secrets::TicketKey& ticket_key = options_.ticket_keys[*chosen];
  const gnutls_datum_t key = datum(ticket_key);
  // Fails for a second ClientHello, whose session has its key; and without one there are just no tickets.
  (void)gnutls_session_ticket_enable_server(session, &key);
}

TlsSession TlsContext::new_session() const {
  unsigned flags = GNUTLS_SERVER | GNUTLS_NO_AUTO_SEND_TICKET | GNUTLS_NO_END_OF_EARLY_DATA;
  if (options_.early_data) flags |= GNUTLS_ENABLE_EARLY_DATA;
  gnutls_session_t raw = nullptr;
  if (gnutls_init(&raw, flags) != 0) return nullptr;
  TlsSession session(raw);
  return configure(raw) ? std::move(session) : nullptr;
}

void TlsContext::send_tickets(gnutls_session_t session) const {
  constexpr int kTickets = 2;  // a browser opens several connections
  if (options_.ticket_keys.empty()) return;
  const BackdatedClock clock;
  gnutls_session_ticket_send(session, kTickets, 0);
}

std::string_view chosen_alpn(gnutls_session_t session) {
  gnutls_datum_t chosen{};
  if (gnutls_alpn_get_selected_protocol(session, &chosen) != 0) return {};
  return {reinterpret_cast<const char*>(chosen.data), chosen.size};
}

}  // namespace quicrx
