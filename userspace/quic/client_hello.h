// SPDX-License-Identifier: MIT
#pragma once

#include <gnutls/gnutls.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace quicrx {

/// What a ClientHello offers, as far as we decide by it before GnuTLS does.
struct ClientHello {
  std::vector<std::uint16_t> suites;  ///< cipher_suites (RFC 8446 section 4.1.2), in the client's order
  std::vector<std::string> alpns;     ///< RFC 7301
  std::vector<std::uint16_t> groups;  ///< supported_groups (RFC 8446 section 4.2.7), in the client's order
  std::vector<std::uint16_t> share_groups;  ///< those of its key shares (section 4.2.8)

  /// Of `ours`, that the server is to choose: the first that is offered. Nothing when none is.
  [[nodiscard]] std::optional<std::size_t> choose_alpn(const std::vector<std::string>& ours) const;
  /// Whether to go by our order and not by the client's: AES-128-GCM and X25519, which cost both sides the
  /// least. Not where that would take a round trip more, nor where the client asks for ChaCha20 first, as
  /// those do whose CPU has nothing for AES.
  [[nodiscard]] bool takes_our_order() const;
  /// Whether the server cannot go on with the key shares that came (a HelloRetryRequest), or may not.
  [[nodiscard]] bool needs_retry() const;
};

/// Reads a message as GnuTLS gives it to a hook; nothing when it cannot be read.
std::optional<ClientHello> parse_client_hello(const gnutls_datum_t& message);

}  // namespace quicrx
