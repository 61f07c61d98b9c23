// SPDX-License-Identifier: MIT
#include "protection/ipsec_mb_keys.h"

#include <immintrin.h>

#include <algorithm>

namespace quicrx {
namespace {

using Tag = std::array<std::uint8_t, kTagBytes>;

/// In constant time.
bool is_same(const Tag& tag, const std::uint8_t* other) {
  std::array<std::uint64_t, 2> ours{}, theirs{};
  static_assert(sizeof(ours) == kTagBytes);
  std::memcpy(ours.data(), tag.data(), kTagBytes);
  std::memcpy(theirs.data(), other, kTagBytes);
  return ((ours[0] ^ theirs[0]) | (ours[1] ^ theirs[1])) == 0;
}

[[gnu::target("aes,sse2")]] __m128i encrypt_block(__m128i block, const std::uint8_t* round_keys,
                                                  std::size_t rounds) {
  const auto* keys = reinterpret_cast<const __m128i*>(round_keys);
  block = _mm_xor_si128(block, _mm_load_si128(keys));
  for (std::size_t round = 1; round < rounds; ++round)
    block = _mm_aesenc_si128(block, _mm_load_si128(keys + round));
  return _mm_aesenclast_si128(block, _mm_load_si128(keys + rounds));
}

}  // namespace

IpsecMbFunctions IpsecMbFunctions::of(const IMB_MGR& manager) {
  return {.prepare_gcm_128 = manager.gcm128_pre,
          .prepare_gcm_256 = manager.gcm256_pre,
          .seal_gcm_128 = manager.gcm128_enc,
          .seal_gcm_256 = manager.gcm256_enc,
          .open_gcm_128 = manager.gcm128_dec,
          .open_gcm_256 = manager.gcm256_dec,
          .begin_chacha = manager.chacha20_poly1305_init,
          .seal_chacha = manager.chacha20_poly1305_enc_update,
          .open_chacha = manager.chacha20_poly1305_dec_update,
          .end_chacha = manager.chacha20_poly1305_finalize,
          .expand_128 = manager.keyexp_128,
          .expand_256 = manager.keyexp_256};
}

IpsecMbGcmKey::IpsecMbGcmKey(const IpsecMbFunctions& functions, Bytes key) {
  const bool is_long = key.size() == key_bytes(Aead::aes_256_gcm);
  seal_ = is_long ? functions.seal_gcm_256 : functions.seal_gcm_128;
  open_ = is_long ? functions.open_gcm_256 : functions.open_gcm_128;
  (is_long ? functions.prepare_gcm_256 : functions.prepare_gcm_128)(key.data(), &key_.value);
}

bool IpsecMbGcmKey::seal(std::uint8_t* out, Bytes payload, Nonce nonce, Bytes header) const {
  gcm_context_data context;
  seal_(&key_.value, &context, out, payload.data(), payload.size(), nonce.data(), header.data(),
        header.size(), out + payload.size(), kTagBytes);
  return true;
}

bool IpsecMbGcmKey::open(std::uint8_t* out, Bytes sealed, Nonce nonce, Bytes header) const {
  if (sealed.size() < kTagBytes) return false;
  const Bytes ciphertext = sealed.first(sealed.size() - kTagBytes);
  gcm_context_data context;
  Tag tag;
  open_(&key_.value, &context, out, ciphertext.data(), ciphertext.size(), nonce.data(), header.data(),
        header.size(), tag.data(), tag.size());
  return is_same(tag, sealed.data() + ciphertext.size());
}

IpsecMbChachaKey::IpsecMbChachaKey(const IpsecMbFunctions& functions, Bytes key) : functions_(functions) {
  std::ranges::copy(key.first(key_.value.size()), key_.value.begin());
}

bool IpsecMbChachaKey::seal(std::uint8_t* out, Bytes payload, Nonce nonce, Bytes header) const {
  const void* key = key_.value.data();
  chacha20_poly1305_context_data context;
  functions_.begin_chacha(key, &context, nonce.data(), header.data(), header.size());
  functions_.seal_chacha(key, &context, out, payload.data(), payload.size());
  functions_.end_chacha(&context, out + payload.size(), kTagBytes);
  return true;
}

bool IpsecMbChachaKey::open(std::uint8_t* out, Bytes sealed, Nonce nonce, Bytes header) const {
  if (sealed.size() < kTagBytes) return false;
  const Bytes ciphertext = sealed.first(sealed.size() - kTagBytes);
  const void* key = key_.value.data();
  chacha20_poly1305_context_data context;
  Tag tag;
  functions_.begin_chacha(key, &context, nonce.data(), header.data(), header.size());
  functions_.open_chacha(key, &context, out, ciphertext.data(), ciphertext.size());
  functions_.end_chacha(&context, tag.data(), tag.size());
  return is_same(tag, sealed.data() + ciphertext.size());
}

IpsecMbAesHeaderKey::IpsecMbAesHeaderKey(const IpsecMbFunctions& functions, Bytes key) {
  const bool is_long = key.size() == key_bytes(Aead::aes_256_gcm);
  rounds_ = is_long ? kMostRounds : 10;
  alignas(16) Wiped<RoundKeys> to_decrypt;  // which no header needs
  (is_long ? functions.expand_256 : functions.expand_128)(key.data(), round_keys_.value.data(),
                                                          to_decrypt.value.data());
}

bool IpsecMbAesHeaderKey::mask(Sample sample, Mask mask) const {
  const __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(sample.data()));
  alignas(16) std::array<std::uint8_t, NGTCP2_HP_SAMPLELEN> encrypted;
  _mm_store_si128(reinterpret_cast<__m128i*>(encrypted.data()),
                  encrypt_block(block, round_keys_.value.data(), rounds_));
  std::copy_n(encrypted.begin(), mask.size(), mask.begin());
  return true;
}

}  // namespace quicrx
