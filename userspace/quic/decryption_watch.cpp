// SPDX-License-Identifier: MIT
#include "quic/decryption_watch.h"

#include <ngtcp2/ngtcp2_crypto.h>

#include <algorithm>

namespace quicrx {
namespace {

thread_local Decryption last;

}  // namespace

const Decryption& last_decryption() {
  return last;
}

int watched_decrypt(std::uint8_t* out, const ngtcp2_crypto_aead* aead, const ngtcp2_crypto_aead_ctx* context,
                    const std::uint8_t* in, std::size_t in_bytes, const std::uint8_t* nonce,
                    std::size_t nonce_bytes, const std::uint8_t* header, std::size_t header_bytes) {
  const int error =
      ngtcp2_crypto_decrypt_cb(out, aead, context, in, in_bytes, nonce, nonce_bytes, header, header_bytes);
  if (error != 0) return error;
  ++last.count;
  last.nonce = 0;
  for (std::size_t i = nonce_bytes - std::min<std::size_t>(nonce_bytes, 8); i < nonce_bytes; ++i)
    last.nonce = last.nonce << 8 | nonce[i];
  last.content = read_content(Bytes(out, in_bytes - std::min(in_bytes, aead->max_overhead)));
  return 0;
}

}  // namespace quicrx
