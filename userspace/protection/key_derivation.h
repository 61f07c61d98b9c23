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
  gnutls_mac_algorithm_t hash = GNUTLS_MAC_SHA256;
  Bytes bytes;
};

/// A key that is not the library's yet: its first key_bytes().
using RawKey = Wiped<std::array<std::uint8_t, 32>>;
struct RawPacketKey {
  RawKey key;
  std::array<std::uint8_t, kNonceBytes> iv{};
};

// Fill what they are given; false: GnuTLS refuses.

bool derive_packet_key(const TlsSecret& secret, std::uint32_t version, Aead aead, RawPacketKey& key);
/// Of a connection's first secret alone: it stays when the others are updated (RFC 9001 section 6.1).
bool derive_header_key(const TlsSecret& secret, std::uint32_t version, Aead aead, RawKey& key);
/// `next` is as long as the secret.
bool derive_next_secret(const TlsSecret& secret, std::uint32_t version, MutableBytes next);

using InitialSecret = Wiped<std::array<std::uint8_t, 32>>;
struct InitialSecrets {
  InitialSecret client, server;
};
bool derive_initial_secrets(std::uint32_t version, Bytes destination_id, InitialSecrets& secrets);

}  // namespace quicrx
