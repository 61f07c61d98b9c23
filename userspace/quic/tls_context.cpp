// SPDX-License-Identifier: MIT
#include "quic/tls_context.h"

#include <gnutls/crypto.h>
#include <ngtcp2/ngtcp2_crypto.h>
#include <ngtcp2/ngtcp2_crypto_gnutls.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace quicrx {
namespace {

// TLS 1.3 only, with the cipher suites and groups that QUIC has (RFC 9001 section 5.3).
constexpr const char* kPriority =
    "%DISABLE_TLS13_COMPAT_MODE:NORMAL:-VERS-ALL:+VERS-TLS1.3:-CIPHER-ALL:+AES-128-GCM:+AES-256-GCM:"
    "+CHACHA20-POLY1305:+AES-128-CCM:-GROUP-ALL:+GROUP-X25519:+GROUP-SECP256R1:+GROUP-SECP384R1:+GROUP-"
    "SECP521R1";

/// RFC 9001 section 8.2. GnuTLS asks nobody about an extension that did not come, and ngtcp2 1.11 notices
/// only at the end of the handshake, when our session would have begun long since.
int require_transport_parameters(gnutls_session_t session, unsigned, unsigned, unsigned,
                                 const gnutls_datum_t*) {
  auto* reference = static_cast<ngtcp2_crypto_conn_ref*>(gnutls_session_get_ptr(session));
  const bool present = ngtcp2_conn_get_remote_transport_params(reference->get_conn(reference)) != nullptr;
  return present ? 0 : GNUTLS_E_MISSING_EXTENSION;
}

Result<void> check_readable(const char* what, const std::string& file) {
  if (access(file.c_str(), R_OK) == 0) return {};
  const ErrorKind kind = errno == EACCES ? ErrorKind::permission : ErrorKind::not_found;
  return fail(kind, std::string(what) + " " + file + ": " + std::strerror(errno));
}

}  // namespace

Result<TlsContext> TlsContext::load(const std::string& certificate_file, const std::string& key_file,
                                    std::vector<std::string> alpns) {
  auto readable = check_readable("certificate", certificate_file).and_then([&] {
    return check_readable("key", key_file);
  });
  if (!readable) return tl::unexpected(readable.error());

  TlsContext context;
  context.alpns_ = std::move(alpns);
  gnutls_certificate_credentials_t credentials = nullptr;
  if (const int error = gnutls_certificate_allocate_credentials(&credentials); error != 0)
    return fail(ErrorKind::failure, std::string("GnuTLS: ") + gnutls_strerror(error));
  context.credentials_.reset(credentials);
  const int error = gnutls_certificate_set_x509_key_file2(credentials, certificate_file.c_str(),
                                                          key_file.c_str(), GNUTLS_X509_FMT_PEM, nullptr, 0);
  if (error == GNUTLS_E_CERTIFICATE_KEY_MISMATCH)
    return fail(ErrorKind::usage, "certificate " + certificate_file + " does not match key " + key_file);
  if (error < 0)
    return fail(ErrorKind::usage, "certificate " + certificate_file + " with key " + key_file + ": " +
                                      gnutls_strerror(error) + "; both must be PEM files");
  gnutls_priority_t priority = nullptr;
  if (const int failed = gnutls_priority_init(&priority, kPriority, nullptr); failed != 0)
    return fail(ErrorKind::failure, std::string("GnuTLS priorities: ") + gnutls_strerror(failed));
  context.priority_.reset(priority);
  return context;
}

TlsSession TlsContext::new_session() const {
  gnutls_session_t raw = nullptr;
  if (gnutls_init(&raw, GNUTLS_SERVER | GNUTLS_NO_AUTO_SEND_TICKET) != 0) return nullptr;
  TlsSession session(raw);
  std::vector<gnutls_datum_t> names;
  for (const std::string& alpn : alpns_)
    names.push_back({reinterpret_cast<unsigned char*>(const_cast<char*>(alpn.data())),
                     static_cast<unsigned>(alpn.size())});
  const unsigned alpn_flags = GNUTLS_ALPN_MANDATORY | GNUTLS_ALPN_SERVER_PRECEDENCE;
  if (gnutls_priority_set(raw, priority_.get()) != 0 ||
      gnutls_credentials_set(raw, GNUTLS_CRD_CERTIFICATE, credentials_.get()) != 0 ||
      gnutls_alpn_set_protocols(raw, names.data(), static_cast<unsigned>(names.size()), alpn_flags) != 0 ||
      ngtcp2_crypto_gnutls_configure_server_session(raw) != 0)
    return nullptr;
  gnutls_handshake_set_hook_function(raw, GNUTLS_HANDSHAKE_CLIENT_HELLO, GNUTLS_HOOK_POST,
                                     require_transport_parameters);
  return session;
}

std::string_view chosen_alpn(gnutls_session_t session) {
  gnutls_datum_t chosen{};
  if (gnutls_alpn_get_selected_protocol(session, &chosen) != 0) return {};
  return {reinterpret_cast<const char*>(chosen.data), chosen.size};
}

void fill_random(std::span<std::uint8_t> out) {
  // Without randomness nothing here is safe, and GnuTLS fails so only when the kernel gives none.
  if (gnutls_rnd(GNUTLS_RND_RANDOM, out.data(), out.size()) != 0) std::abort();
}

}  // namespace quicrx
