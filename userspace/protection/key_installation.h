// SPDX-License-Identifier: MIT
/// Has a server's ngtcp2_conn protect all its packets, of every encryption level, by keys of a CipherLibrary:
/// in the place of ngtcp2's own functions of similar names, which make keys of GnuTLS. What ngtcp2 holds as
/// native handles are a PacketKey and a HeaderKey, which are its own and which it has deleted.
#pragma once

#include <gnutls/gnutls.h>
#include <ngtcp2/ngtcp2.h>

#include "protection/keys.h"

namespace quicrx {

/// What ngtcp2 calls for every packet, and to delete keys. The rest needs to know the library.
void add_protection(ngtcp2_callbacks& callbacks);

// Callbacks of ngtcp2; 0, or NGTCP2_ERR_CALLBACK_FAILURE.

/// recv_client_initial.
int install_initial_keys(const CipherLibrary& library, ngtcp2_conn* conn, const ngtcp2_cid* destination);
/// version_negotiation.
int install_negotiated_initial_keys(const CipherLibrary& library, ngtcp2_conn* conn, std::uint32_t version,
                                    const ngtcp2_cid* destination);
/// update_key, but for the user data.
int update_keys(const CipherLibrary& library, ngtcp2_conn* conn, std::uint8_t* receive_secret,
                std::uint8_t* send_secret, ngtcp2_crypto_aead_ctx* receive, std::uint8_t* receive_iv,
                ngtcp2_crypto_aead_ctx* send, std::uint8_t* send_iv,
                const std::uint8_t* current_receive_secret, const std::uint8_t* current_send_secret,
                std::size_t secret_bytes);

/// What TLS has agreed on, by a gnutls_handshake_secret_func; a null secret is none.
bool install_keys(const CipherLibrary& library, ngtcp2_conn* conn, gnutls_session_t session,
                  ngtcp2_encryption_level level, const std::uint8_t* receive_secret,
                  const std::uint8_t* send_secret, std::size_t secret_bytes);

/// ngtcp2_decrypt, by a PacketKey.
int open_packet(std::uint8_t* out, const ngtcp2_crypto_aead* aead, const ngtcp2_crypto_aead_ctx* context,
                const std::uint8_t* in, std::size_t in_bytes, const std::uint8_t* nonce,
                std::size_t nonce_bytes, const std::uint8_t* header, std::size_t header_bytes);

}  // namespace quicrx
