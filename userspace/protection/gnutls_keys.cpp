// SPDX-License-Identifier: MIT
#include "protection/gnutls_keys.h"

#include <array>

#include "protection/datum.h"

namespace quicrx {
std::unique_ptr<PacketKey> GnutlsPacketKey::make(Aead aead, Bytes key) {
  const gnutls_datum_t secret = datum(key);
  gnutls_aead_cipher_hd_t cipher = nullptr;
  if (gnutls_aead_cipher_init(&cipher, gnutls_name(aead), &secret) != 0) return nullptr;
  return std::make_unique<GnutlsPacketKey>(cipher);
}

bool GnutlsPacketKey::seal(std::uint8_t* out, Bytes payload, Nonce nonce, Bytes header) const {
  std::size_t written = payload.size() + kTagBytes;
  return gnutls_aead_cipher_encrypt(cipher_.get(), nonce.data(), nonce.size(), header.data(), header.size(),
                                    kTagBytes, payload.data(), payload.size(), out, &written) == 0;
}

bool GnutlsPacketKey::open(std::uint8_t* out, Bytes sealed, Nonce nonce, Bytes header) const {
  if (sealed.size() < kTagBytes) return false;
  std::size_t written = sealed.size() - kTagBytes;
  return gnutls_aead_cipher_decrypt(cipher_.get(), nonce.data(), nonce.size(), header.data(), header.size(),
                                    kTagBytes, sealed.data(), sealed.size(), out, &written) == 0;
}

std::unique_ptr<HeaderKey> GnutlsChachaHeaderKey::make(Bytes key) {
  const gnutls_datum_t secret = datum(key);
  const std::array<std::uint8_t, NGTCP2_HP_SAMPLELEN> none{};
  const gnutls_datum_t counter = datum(none);
  gnutls_cipher_hd_t cipher = nullptr;
  if (gnutls_cipher_init(&cipher, GNUTLS_CIPHER_CHACHA20_32, &secret, &counter) != 0) return nullptr;
  return std::make_unique<GnutlsChachaHeaderKey>(cipher);
}

bool GnutlsChachaHeaderKey::mask(Sample sample, Mask mask) const {
  constexpr std::array<std::uint8_t, NGTCP2_HP_MASKLEN> kZeros{};
  gnutls_cipher_set_iv(cipher_.get(), const_cast<std::uint8_t*>(sample.data()), sample.size());
  return gnutls_cipher_encrypt2(cipher_.get(), kZeros.data(), kZeros.size(), mask.data(), mask.size()) == 0;
}

}  // namespace quicrx
