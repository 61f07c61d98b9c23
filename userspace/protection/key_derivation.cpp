// SPDX-License-Identifier: MIT
#include "protection/key_derivation.h"

#include <gnutls/crypto.h>
#include <ngtcp2/ngtcp2.h>

#include <algorithm>

#include "protection/datum.h"

namespace quicrx {
namespace {

/// HKDF-Expand-Label's labels, of one version of QUIC.
struct Version {
  std::array<std::uint8_t, 20> salt;
  std::string_view key, iv, header_key, next;
};

constexpr Version kVersion1{{0x38, 0x76, 0x2c, 0xf7, 0xf5, 0x59, 0x34, 0xb3, 0x4d, 0x17,
                             0x9a, 0xe6, 0xa4, 0xc8, 0x0c, 0xad, 0xcc, 0xbb, 0x7f, 0x0a},
                            "quic key",
                            "quic iv",
                            "quic hp",
                            "quic ku"};
constexpr Version kVersion2{{0x0d, 0xed, 0xe3, 0xde, 0xf7, 0x00, 0xa6, 0xdb, 0x81, 0x93,
                             0x81, 0xbe, 0x6e, 0x26, 0x9d, 0xcb, 0xf9, 0xbd, 0x2e, 0xd9},
                            "quicv2 key",
                            "quicv2 iv",
                            "quicv2 hp",
                            "quicv2 ku"};

const Version& of(std::uint32_t version) {
  return version == NGTCP2_PROTO_VER_V2 ? kVersion2 : kVersion1;
}

/// RFC 8446 section 7.1, with an empty context.
bool expand(const TlsSecret& secret, std::string_view label, MutableBytes out) {
  constexpr std::string_view kPrefix = "tls13 ";
  constexpr std::size_t kMostInfo = 32;
  std::array<std::uint8_t, kMostInfo> info{};
  auto end = info.begin();
  *end++ = static_cast<std::uint8_t>(out.size() >> 8);
  *end++ = static_cast<std::uint8_t>(out.size());
  *end++ = static_cast<std::uint8_t>(kPrefix.size() + label.size());
  end = std::ranges::copy(kPrefix, end).out;
  end = std::ranges::copy(label, end).out;
  *end++ = 0;
  const gnutls_datum_t key = datum(secret.bytes);
  const gnutls_datum_t about = datum({info.begin(), end});
  return gnutls_hkdf_expand(secret.hash, &key, &about, out.data(), out.size()) == 0;
}

}  // namespace

bool derive_packet_key(const TlsSecret& secret, std::uint32_t version, Aead aead, RawPacketKey& key) {
  const Version& names = of(version);
  return expand(secret, names.key, MutableBytes(key.key.value).first(key_bytes(aead))) &&
         expand(secret, names.iv, key.iv);
}

bool derive_header_key(const TlsSecret& secret, std::uint32_t version, Aead aead, RawKey& key) {
  return expand(secret, of(version).header_key, MutableBytes(key.value).first(key_bytes(aead)));
}

bool derive_next_secret(const TlsSecret& secret, std::uint32_t version, MutableBytes next) {
  return expand(secret, of(version).next, next);
}

bool derive_initial_secrets(std::uint32_t version, Bytes destination_id, InitialSecrets& secrets) {
  InitialSecret common;
  const gnutls_datum_t salt = datum(of(version).salt);
  const gnutls_datum_t id = datum(destination_id);
  if (gnutls_hkdf_extract(GNUTLS_MAC_SHA256, &id, &salt, common.value.data()) != 0) return false;
  const TlsSecret secret{.bytes = common.value};
  return expand(secret, "client in", secrets.client.value) &&
         expand(secret, "server in", secrets.server.value);
}

}  // namespace quicrx
