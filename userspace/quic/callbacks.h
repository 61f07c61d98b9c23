// SPDX-License-Identifier: MIT
#pragma once

#include <ngtcp2/ngtcp2.h>

#include "quic/connection.h"

namespace quicrx {

/// ngtcp2's calls into a connection, whose pointer is their user data.
struct Connection::Callbacks {
  /// Of connections whose packets are protected by a CipherLibrary, or by GnuTLS.
  static const ngtcp2_callbacks& table(bool by_library);
  static void write_qlog(void* user_data, std::uint32_t flags, const void* data, std::size_t bytes);

 private:
  static ngtcp2_callbacks by_gnutls();
  static ngtcp2_callbacks by_cipher_library();
  static int recv_client_initial(ngtcp2_conn*, const ngtcp2_cid* destination, void*);
  static int version_negotiation(ngtcp2_conn*, std::uint32_t version, const ngtcp2_cid* destination, void*);
  static int update_key(ngtcp2_conn*, std::uint8_t* receive_secret, std::uint8_t* send_secret,
                        ngtcp2_crypto_aead_ctx* receive, std::uint8_t* receive_iv,
                        ngtcp2_crypto_aead_ctx* send, std::uint8_t* send_iv,
                        const std::uint8_t* current_receive_secret, const std::uint8_t* current_send_secret,
                        std::size_t secret_bytes, void*);
  static int recv_crypto_data(ngtcp2_conn*, ngtcp2_encryption_level, std::uint64_t offset,
                              const std::uint8_t*, std::size_t, void*);
  static int recv_tx_key(ngtcp2_conn*, ngtcp2_encryption_level, void*);
  static int handshake_completed(ngtcp2_conn*, void*);
  static int recv_stream_data(ngtcp2_conn*, std::uint32_t flags, std::int64_t stream, std::uint64_t offset,
                              const std::uint8_t*, std::size_t, void*, void*);
  static int acked_stream_data(ngtcp2_conn*, std::int64_t stream, std::uint64_t offset, std::uint64_t bytes,
                               void*, void*);
  static int recv_datagram(ngtcp2_conn*, std::uint32_t flags, const std::uint8_t*, std::size_t, void*);
  static int stream_open(ngtcp2_conn*, std::int64_t stream, void*);
  static int stream_close(ngtcp2_conn*, std::uint32_t flags, std::int64_t stream, std::uint64_t error, void*,
                          void*);
  static int stream_reset(ngtcp2_conn*, std::int64_t stream, std::uint64_t size, std::uint64_t error, void*,
                          void*);
  static int stream_stop_sending(ngtcp2_conn*, std::int64_t stream, std::uint64_t error, void*, void*);
  static int extend_max_stream_data(ngtcp2_conn*, std::int64_t stream, std::uint64_t max, void*, void*);
  static int extend_max_streams(ngtcp2_conn*, std::uint64_t max, void*);
  static int new_connection_id(ngtcp2_conn*, ngtcp2_cid*, std::uint8_t* token, std::size_t bytes, void*);
  static int remove_connection_id(ngtcp2_conn*, const ngtcp2_cid*, void*);
  static int path_validation(ngtcp2_conn*, std::uint32_t flags, const ngtcp2_path* path,
                             const ngtcp2_path* fallback, ngtcp2_path_validation_result, void*);
  static void random(std::uint8_t*, std::size_t, const ngtcp2_rand_ctx*);

  /// Tells ngtcp2 to stop where the service has closed the connection.
  static int go_on(const Connection& connection);
};

}  // namespace quicrx
