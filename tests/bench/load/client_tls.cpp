// SPDX-License-Identifier: MIT
#include "client_tls.h"

#include <ngtcp2/ngtcp2.h>
#include <ngtcp2/ngtcp2_crypto_gnutls.h>

#include <stdexcept>
#include <string>

namespace quicrx::load {
namespace {

constexpr const char* kPriority = "%DISABLE_TLS13_COMPAT_MODE:NORMAL:-VERS-ALL:+VERS-TLS1.3";

void check(int error) {
  if (error < 0) throw std::runtime_error(std::string("GnuTLS: ") + gnutls_strerror(error));
}

}  // namespace

ClientTls::ClientTls() {
  gnutls_certificate_credentials_t credentials = nullptr;
  check(gnutls_certificate_allocate_credentials(&credentials));
  credentials_.reset(credentials);
  gnutls_priority_t priority = nullptr;
  check(gnutls_priority_init(&priority, kPriority, nullptr));
  priority_.reset(priority);
}

TlsSession ClientTls::new_session() const {
  constexpr const char kName[] = "localhost";
  unsigned char alpn[] = {'h', '3'};
  const gnutls_datum_t offered{alpn, sizeof(alpn)};
  gnutls_session_t raw = nullptr;
  check(gnutls_init(&raw, GNUTLS_CLIENT));
  TlsSession session(raw);
  check(gnutls_priority_set(raw, priority_.get()));
  check(gnutls_credentials_set(raw, GNUTLS_CRD_CERTIFICATE, credentials_.get()));
  check(gnutls_server_name_set(raw, GNUTLS_NAME_DNS, kName, sizeof(kName) - 1));
  check(gnutls_alpn_set_protocols(raw, &offered, 1, GNUTLS_ALPN_MANDATORY));
  check(ngtcp2_crypto_gnutls_configure_client_session(raw));
  return session;
}

}  // namespace quicrx::load
