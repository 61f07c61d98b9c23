// SPDX-License-Identifier: MIT
#pragma once

#include <gnutls/gnutls.h>

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "quicrx/result.h"

namespace quicrx {

struct TlsSessionDeleter {
  void operator()(gnutls_session_int* session) const { gnutls_deinit(session); }
};
using TlsSession = std::unique_ptr<gnutls_session_int, TlsSessionDeleter>;

/// A server's certificate and what it offers in a TLS handshake. Shared by all connections of a worker.
class TlsContext {
 public:
  /// PEM files. The error tells an unreadable file, one that is no certificate or key, and a pair that does
  /// not match from each other.
  static Result<TlsContext> load(const std::string& certificate_file, const std::string& key_file,
                                 std::vector<std::string> alpns);

  /// A session for one connection; null when memory is out.
  [[nodiscard]] TlsSession new_session() const;

 private:
  struct CredentialsDeleter {
    void operator()(gnutls_certificate_credentials_st* credentials) const {
      gnutls_certificate_free_credentials(credentials);
    }
  };
  struct PriorityDeleter {
    void operator()(gnutls_priority_st* priority) const { gnutls_priority_deinit(priority); }
  };

  std::unique_ptr<gnutls_certificate_credentials_st, CredentialsDeleter> credentials_;
  std::unique_ptr<gnutls_priority_st, PriorityDeleter> priority_;
  std::vector<std::string> alpns_;
};

/// The ALPN that a session's handshake chose; empty before.
std::string_view chosen_alpn(gnutls_session_t session);

/// Fills with unpredictable bytes.
void fill_random(std::span<std::uint8_t> out);

}  // namespace quicrx
