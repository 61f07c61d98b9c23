// SPDX-License-Identifier: MIT
/// Keys of intel-ipsec-mb.
#pragma once

#include <intel-ipsec-mb.h>

#include <array>

#include "protection/keys.h"
#include "protection/wiped.h"

namespace quicrx {

/// The library's functions for one CPU. They take all that they need as arguments, and leave nothing behind
/// but a note of the last error in one word of the library's, which none of our calls can cause: threads may
/// share them.
struct IpsecMbFunctions {
  aes_gcm_pre_t prepare_gcm_128, prepare_gcm_256;
  aes_gcm_enc_dec_t seal_gcm_128, seal_gcm_256;
  aes_gcm_enc_dec_t open_gcm_128, open_gcm_256;
  chacha_poly_init_t begin_chacha;
  chacha_poly_enc_dec_update_t seal_chacha, open_chacha;
  chacha_poly_finalize_t end_chacha;
  keyexp_t expand_128, expand_256;

  static IpsecMbFunctions of(const IMB_MGR& manager);
};

/// AES-GCM with a key of 16 or 32 bytes. 1,088 bytes (1,344 with version 2.0 of the library), most of
/// them powers of the hash key.
class IpsecMbGcmKey final : public PacketKey {
 public:
  IpsecMbGcmKey(const IpsecMbFunctions& functions, Bytes key);
  bool seal(std::uint8_t* out, Bytes payload, Nonce nonce, Bytes header) const override;
  bool open(std::uint8_t* out, Bytes sealed, Nonce nonce, Bytes header) const override;

 private:
  aes_gcm_enc_dec_t seal_;
  aes_gcm_enc_dec_t open_;
  alignas(64) Wiped<gcm_key_data> key_;
};

/// `functions` outlives it.
class IpsecMbChachaKey final : public PacketKey {
 public:
  IpsecMbChachaKey(const IpsecMbFunctions& functions, Bytes key);
  bool seal(std::uint8_t* out, Bytes payload, Nonce nonce, Bytes header) const override;
  bool open(std::uint8_t* out, Bytes sealed, Nonce nonce, Bytes header) const override;

 private:
  const IpsecMbFunctions& functions_;
  Wiped<std::array<std::uint8_t, key_bytes(Aead::chacha20_poly1305)>> key_;
};

/// One block of AES (RFC 9001 section 5.4.3). Version 1.3 of the library has no call for that with a key of
/// 32 bytes; the round keys are its own, the rounds are the CPU's instructions.
class IpsecMbAesHeaderKey final : public HeaderKey {
 public:
  IpsecMbAesHeaderKey(const IpsecMbFunctions& functions, Bytes key);
  bool mask(Sample sample, Mask mask) const override;

 private:
  static constexpr std::size_t kMostRounds = 14;
  using RoundKeys = std::array<std::uint8_t, (kMostRounds + 1) * 16>;

  std::size_t rounds_;
  alignas(16) Wiped<RoundKeys> round_keys_;
};

}  // namespace quicrx
