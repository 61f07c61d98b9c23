// SPDX-License-Identifier: MIT
/// Keys from secrets: RFC 9001 sections 5.1, 5.2 and 6.1; RFC 9369 section 3.3 for version 2 of QUIC.
#pragma once

#include <gnutls/gnutls.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "protection/aead.h"
#include "protection/wiped.h"
#include "quicrx/bytes.h"

namespace quicrx {

/// A TLS secret, as long as the hash of its handshake.
struct TlsSecret {
  static constexpr std::size_t kMost = 48;  // of SHA-384

  gnutls_mac_algorithm_t hash = GNUTLS_MAC_SHA256;
  Bytes bytes;
};

/// What of a key is not the library's yet.
struct RawKeys {
  Wiped<std::array<std::uint8_t, 32>> key, header_key;
  std::array<std::uint8_t, kNonceBytes> iv{};
};

/// Fill what they are given; false: GnuTLS refuses.
bool derive_keys(const TlsSecret& secret, std::uint32_t version, Aead aead, RawKeys& keys);
/// `next` is as long as the secret. The header's key stays (RFC 9001 section 6.1).
bool derive_next_secret(const TlsSecret& secret, std::uint32_t version, MutableBytes next);

using InitialSecret = Wiped<std::array<std::uint8_t, 32>>;
struct InitialSecrets {
  InitialSecret client, server;
};
bool derive_initial_secrets(std::uint32_t version, Bytes destination_id, InitialSecrets& secrets);

}  // namespace quicrx
