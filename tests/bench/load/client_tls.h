// SPDX-License-Identifier: MIT
#pragma once

#include <gnutls/gnutls.h>

#include <memory>

#include "quic/tls_context.h"

namespace quicrx::load {

/// What all TLS sessions of the client are made of. Servers' certificates are not verified, and no session is
/// resumed: each handshake is a full one.
class ClientTls {
 public:
  ClientTls();

  [[nodiscard]] TlsSession new_session() const;

 private:
  struct Free {
    void operator()(gnutls_certificate_credentials_st* it) const { gnutls_certificate_free_credentials(it); }
    void operator()(gnutls_priority_st* it) const { gnutls_priority_deinit(it); }
  };

  std::unique_ptr<gnutls_certificate_credentials_st, Free> credentials_;
  std::unique_ptr<gnutls_priority_st, Free> priority_;
};

}  // namespace quicrx::load
