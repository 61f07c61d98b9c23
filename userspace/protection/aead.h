// SPDX-License-Identifier: MIT
#pragma once

#include <gnutls/gnutls.h>

#include <cstddef>
#include <cstdint>
#include <optional>

namespace quicrx {

/// How packets can be protected: RFC 9001 section 5.3.
enum class Aead : std::uint8_t { aes_128_gcm, aes_256_gcm, chacha20_poly1305, aes_128_ccm };

// The same of all.
inline constexpr std::size_t kTagBytes = 16;
inline constexpr std::size_t kNonceBytes = 12;

constexpr std::size_t key_bytes(Aead aead) {
  return aead == Aead::aes_256_gcm || aead == Aead::chacha20_poly1305 ? 32 : 16;
}

constexpr gnutls_cipher_algorithm_t gnutls_name(Aead aead) {
  switch (aead) {
    case Aead::aes_256_gcm:
      return GNUTLS_CIPHER_AES_256_GCM;
    case Aead::chacha20_poly1305:
      return GNUTLS_CIPHER_CHACHA20_POLY1305;
    case Aead::aes_128_ccm:
      return GNUTLS_CIPHER_AES_128_CCM;
    case Aead::aes_128_gcm:
      break;
  }
  return GNUTLS_CIPHER_AES_128_GCM;
}

constexpr std::optional<Aead> aead_named(gnutls_cipher_algorithm_t name) {
  for (const Aead aead : {Aead::aes_128_gcm, Aead::aes_256_gcm, Aead::chacha20_poly1305, Aead::aes_128_ccm})
    if (gnutls_name(aead) == name) return aead;
  return std::nullopt;
}

}  // namespace quicrx
