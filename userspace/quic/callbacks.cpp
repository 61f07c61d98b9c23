// SPDX-License-Identifier: MIT
#include "quic/callbacks.h"

#include <algorithm>

namespace quicrx {
namespace {

Connection& self(void* user_data) {
  return *static_cast<Connection*>(user_data);
}

}  // namespace

int Connection::Callbacks::go_on(const Connection& connection) {
  return connection.close_wanted_ ? NGTCP2_ERR_CALLBACK_FAILURE : 0;
}

int Connection::Callbacks::recv_crypto_data(ngtcp2_conn* conn, ngtcp2_encryption_level level,
                                            std::uint64_t offset, const std::uint8_t* data, std::size_t bytes,
                                            void* user_data) {
  // A client has nothing to say in TLS after its Finished; a KeyUpdate there (forbidden by RFC 9001 section
  // 6) would make ngtcp2 with GnuTLS abort the process.
  if (level == NGTCP2_ENCRYPTION_LEVEL_1RTT) {
    constexpr std::uint8_t kUnexpectedMessage = 10;
    ngtcp2_conn_set_tls_alert(conn, kUnexpectedMessage);
    return NGTCP2_ERR_CRYPTO;
  }
  return ngtcp2_crypto_recv_crypto_data_cb(conn, level, offset, data, bytes, user_data);
}

int Connection::Callbacks::recv_tx_key(ngtcp2_conn*, ngtcp2_encryption_level level, void* user_data) {
  if (level != NGTCP2_ENCRYPTION_LEVEL_1RTT) return 0;
  return self(user_data).open_session() ? 0 : NGTCP2_ERR_CALLBACK_FAILURE;
}

int Connection::Callbacks::handshake_completed(ngtcp2_conn*, void* user_data) {
  Connection& connection = self(user_data);
  connection.set_state(State::active);
  connection.host_.counters().add(EndpointCounter::handshakes_completed);
  if (connection.session_) connection.session_->handshake_completed();
  return go_on(connection);
}

int Connection::Callbacks::recv_stream_data(ngtcp2_conn*, std::uint32_t flags, std::int64_t stream,
                                            std::uint64_t, const std::uint8_t* data, std::size_t bytes,
                                            void* user_data, void*) {
  Connection& connection = self(user_data);
  connection.host_.counters().add(EndpointCounter::stream_bytes_received, bytes);
  if (connection.session_)
    connection.session_->received(stream, Bytes(data, bytes), (flags & NGTCP2_STREAM_DATA_FLAG_FIN) != 0);
  return go_on(connection);
}

int Connection::Callbacks::recv_datagram(ngtcp2_conn*, std::uint32_t, const std::uint8_t* data,
                                         std::size_t bytes, void* user_data) {
  Connection& connection = self(user_data);
  connection.host_.counters().add(EndpointCounter::datagrams_received);
  if (connection.session_) connection.session_->datagram(Bytes(data, bytes));
  return go_on(connection);
}

int Connection::Callbacks::acked_stream_data(ngtcp2_conn*, std::int64_t stream, std::uint64_t,
                                             std::uint64_t bytes, void* user_data, void*) {
  Connection& connection = self(user_data);
  if (connection.session_) connection.session_->acked(stream, bytes);
  return go_on(connection);
}

int Connection::Callbacks::stream_open(ngtcp2_conn*, std::int64_t, void* user_data) {
  Connection& connection = self(user_data);
  ++connection.statistics_.streams;
  connection.host_.counters().add(EndpointCounter::streams_opened);
  return 0;
}

int Connection::Callbacks::stream_close(ngtcp2_conn* conn, std::uint32_t flags, std::int64_t stream,
                                        std::uint64_t error, void* user_data, void*) {
  Connection& connection = self(user_data);
  const bool has_error = (flags & NGTCP2_STREAM_CLOSE_FLAG_APP_ERROR_CODE_SET) != 0;
  if (connection.session_)
    connection.session_->closed(stream, has_error ? error : connection.session_->no_error());
  if (ngtcp2_conn_is_local_stream(conn, stream) == 0) {
    connection.host_.counters().add(EndpointCounter::streams_closed);
    if (ngtcp2_is_bidi_stream(stream) != 0) {
      ngtcp2_conn_extend_max_streams_bidi(conn, 1);
    } else {
      ngtcp2_conn_extend_max_streams_uni(conn, 1);
    }
  }
  return go_on(connection);
}

int Connection::Callbacks::stream_reset(ngtcp2_conn*, std::int64_t stream, std::uint64_t, std::uint64_t error,
                                        void* user_data, void*) {
  Connection& connection = self(user_data);
  if (connection.session_) connection.session_->reset(stream, error);
  return go_on(connection);
}

/// Not what the peer sent, but what we will send: ngtcp2 tells that reading has ended.
int Connection::Callbacks::stream_stop_sending(ngtcp2_conn*, std::int64_t stream, std::uint64_t,
                                               void* user_data, void*) {
  Connection& connection = self(user_data);
  if (connection.session_) connection.session_->read_ended(stream);
  return go_on(connection);
}

int Connection::Callbacks::extend_max_stream_data(ngtcp2_conn*, std::int64_t stream, std::uint64_t,
                                                  void* user_data, void*) {
  Connection& connection = self(user_data);
  if (connection.session_) connection.session_->writable(stream);
  return go_on(connection);
}

int Connection::Callbacks::extend_max_streams(ngtcp2_conn*, std::uint64_t max, void* user_data) {
  Connection& connection = self(user_data);
  if (connection.session_) connection.session_->streams_allowed(max);
  return 0;
}

int Connection::Callbacks::new_connection_id(ngtcp2_conn*, ngtcp2_cid* id, std::uint8_t* token,
                                             std::size_t bytes, void* user_data) {
  Connection& connection = self(user_data);
  id->datalen = bytes;
  fill_random({id->data, bytes});
  const Bytes secret = connection.host_.reset_secret();
  if (ngtcp2_crypto_generate_stateless_reset_token(token, secret.data(), secret.size(), id) != 0 ||
      !connection.add_id(*id))
    return NGTCP2_ERR_CALLBACK_FAILURE;
  return 0;
}

int Connection::Callbacks::remove_connection_id(ngtcp2_conn*, const ngtcp2_cid* id, void* user_data) {
  Connection& connection = self(user_data);
  const ConnectionId gone(*id);
  if (std::erase(connection.ids_, gone) > 0) connection.host_.table().remove(gone);
  return 0;
}

void Connection::Callbacks::random(std::uint8_t* out, std::size_t bytes, const ngtcp2_rand_ctx*) {
  fill_random({out, bytes});
}

const ngtcp2_callbacks& Connection::Callbacks::table() {
  static const ngtcp2_callbacks callbacks = [] {
    ngtcp2_callbacks made{};
    made.recv_client_initial = ngtcp2_crypto_recv_client_initial_cb;
    made.recv_crypto_data = recv_crypto_data;
    made.encrypt = ngtcp2_crypto_encrypt_cb;
    made.decrypt = ngtcp2_crypto_decrypt_cb;
    made.hp_mask = ngtcp2_crypto_hp_mask_cb;
    made.update_key = ngtcp2_crypto_update_key_cb;
    made.delete_crypto_aead_ctx = ngtcp2_crypto_delete_crypto_aead_ctx_cb;
    made.delete_crypto_cipher_ctx = ngtcp2_crypto_delete_crypto_cipher_ctx_cb;
    made.get_path_challenge_data = ngtcp2_crypto_get_path_challenge_data_cb;
    made.version_negotiation = ngtcp2_crypto_version_negotiation_cb;
    made.rand = random;
    made.get_new_connection_id = new_connection_id;
    made.remove_connection_id = remove_connection_id;
    made.recv_tx_key = recv_tx_key;
    made.handshake_completed = handshake_completed;
    made.recv_stream_data = recv_stream_data;
    made.acked_stream_data_offset = acked_stream_data;
    made.recv_datagram = recv_datagram;
    made.stream_open = stream_open;
    made.stream_close = stream_close;
    made.stream_reset = stream_reset;
    made.stream_stop_sending = stream_stop_sending;
    made.extend_max_stream_data = extend_max_stream_data;
    made.extend_max_remote_streams_bidi = extend_max_streams;
    return made;
  }();
  return callbacks;
}

}  // namespace quicrx
