// SPDX-License-Identifier: MIT
/// What clients on ngtcp2 have in common.
#pragma once

#include <ngtcp2/ngtcp2_crypto.h>

#include "quic/random.h"

namespace quicrx::test {

/// ngtcp2's own for TLS and packet protection; of a client's connection IDs, random bytes.
inline ngtcp2_callbacks client_callbacks() {
  ngtcp2_callbacks made{};
  made.client_initial = ngtcp2_crypto_client_initial_cb;
  made.recv_crypto_data = ngtcp2_crypto_recv_crypto_data_cb;
  made.encrypt = ngtcp2_crypto_encrypt_cb;
  made.decrypt = ngtcp2_crypto_decrypt_cb;
  made.hp_mask = ngtcp2_crypto_hp_mask_cb;
  made.recv_retry = ngtcp2_crypto_recv_retry_cb;
  made.update_key = ngtcp2_crypto_update_key_cb;
  made.delete_crypto_aead_ctx = ngtcp2_crypto_delete_crypto_aead_ctx_cb;
  made.delete_crypto_cipher_ctx = ngtcp2_crypto_delete_crypto_cipher_ctx_cb;
  made.get_path_challenge_data = ngtcp2_crypto_get_path_challenge_data_cb;
  made.version_negotiation = ngtcp2_crypto_version_negotiation_cb;
  made.rand = [](std::uint8_t* out, std::size_t bytes, const ngtcp2_rand_ctx*) { fill_random({out, bytes}); };
  made.get_new_connection_id = [](ngtcp2_conn*, ngtcp2_cid* id, std::uint8_t* token, std::size_t bytes,
                                  void*) {
    id->datalen = bytes;
    fill_random({id->data, bytes});
    fill_random({token, NGTCP2_STATELESS_RESET_TOKENLEN});
    return 0;
  };
  return made;
}

}  // namespace quicrx::test
