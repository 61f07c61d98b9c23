// SPDX-License-Identifier: MIT
#include "protection/key_installation.h"

namespace quicrx {
namespace {

int seal_packet(std::uint8_t* out, const ngtcp2_crypto_aead*, const ngtcp2_crypto_aead_ctx* context,
                const std::uint8_t* in, std::size_t in_bytes, const std::uint8_t* nonce, std::size_t,
                const std::uint8_t* header, std::size_t header_bytes) {
  const auto& key = *static_cast<const PacketKey*>(context->native_handle);
  const bool done =
      key.seal(out, {in, in_bytes}, PacketKey::Nonce(nonce, kNonceBytes), {header, header_bytes});
  return done ? 0 : NGTCP2_ERR_CALLBACK_FAILURE;
}

int mask_header(std::uint8_t* out, const ngtcp2_crypto_cipher*, const ngtcp2_crypto_cipher_ctx* context,
                const std::uint8_t* sample) {
  const auto& key = *static_cast<const HeaderKey*>(context->native_handle);
  const bool done =
      key.mask(HeaderKey::Sample(sample, NGTCP2_HP_SAMPLELEN), HeaderKey::Mask(out, NGTCP2_HP_MASKLEN));
  return done ? 0 : NGTCP2_ERR_CALLBACK_FAILURE;
}

void delete_packet_key(ngtcp2_conn*, ngtcp2_crypto_aead_ctx* context, void*) {
  delete static_cast<PacketKey*>(context->native_handle);
}

void delete_header_key(ngtcp2_conn*, ngtcp2_crypto_cipher_ctx* context, void*) {
  delete static_cast<HeaderKey*>(context->native_handle);
}

}  // namespace

int open_packet(std::uint8_t* out, const ngtcp2_crypto_aead*, const ngtcp2_crypto_aead_ctx* context,
                const std::uint8_t* in, std::size_t in_bytes, const std::uint8_t* nonce, std::size_t,
                const std::uint8_t* header, std::size_t header_bytes) {
  const auto& key = *static_cast<const PacketKey*>(context->native_handle);
  const bool authentic =
      key.open(out, {in, in_bytes}, PacketKey::Nonce(nonce, kNonceBytes), {header, header_bytes});
  return authentic ? 0 : NGTCP2_ERR_DECRYPT;
}

void add_protection(ngtcp2_callbacks& callbacks) {
  callbacks.encrypt = seal_packet;
  callbacks.decrypt = open_packet;
  callbacks.hp_mask = mask_header;
  callbacks.delete_crypto_aead_ctx = delete_packet_key;
  callbacks.delete_crypto_cipher_ctx = delete_header_key;
}

}  // namespace quicrx
