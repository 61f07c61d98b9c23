// SPDX-License-Identifier: MIT
#include "quic/callbacks.h"

#include <algorithm>

#include "protection/key_installation.h"

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
  Connection& connection = self(user_data);
  const auto verdict = connection.tls_ ? connection.tls_filter_.accept(level, Bytes(data, bytes))
                                       : TlsMessageFilter::Verdict::unexpected_message;
  if (verdict != TlsMessageFilter::Verdict::good) {
    connection.refuse_tls(verdict);
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
  connection.complete_handshake();
  return go_on(connection);
}

int Connection::Callbacks::recv_stream_data(ngtcp2_conn*, std::uint32_t flags, std::int64_t stream,
                                            std::uint64_t, const std::uint8_t* data, std::size_t bytes,
                                            void* user_data, void*) {
  Connection& connection = self(user_data);
  connection.host_.counters().add(EndpointCounter::stream_bytes_received, bytes);
  constexpr std::size_t kTiny = 32;  // less in a packet is no use of it, but at a stream's end
  const bool fin = (flags & NGTCP2_STREAM_DATA_FLAG_FIN) != 0;
  if (fin || bytes >= kTiny) connection.useful_ = true;
  if (bytes > 0) connection.conduct_.progress(connection.last_time_);
  if (connection.session_) connection.session_->received(stream, Bytes(data, bytes), fin);
  return go_on(connection);
}

int Connection::Callbacks::recv_datagram(ngtcp2_conn*, std::uint32_t, const std::uint8_t* data,
                                         std::size_t bytes, void* user_data) {
  Connection& connection = self(user_data);
  connection.host_.counters().add(EndpointCounter::datagrams_received);
  connection.useful_ = true;
  if (connection.session_) connection.session_->datagram(Bytes(data, bytes));
  return go_on(connection);
}

int Connection::Callbacks::acked_stream_data(ngtcp2_conn*, std::int64_t stream, std::uint64_t,
                                             std::uint64_t bytes, void* user_data, void*) {
  Connection& connection = self(user_data);
  connection.conduct_.progress(connection.last_time_);
  if (connection.session_) connection.session_->acked(stream, bytes);
  return go_on(connection);
}

int Connection::Callbacks::stream_open(ngtcp2_conn* conn, std::int64_t stream, void* user_data) {
  Connection& connection = self(user_data);
  ++connection.statistics_.streams;
  // The two low bits of an ID are the stream's kind (RFC 9000 section 2.1).
  const std::uint64_t number = (static_cast<std::uint64_t>(stream) >> 2) + 1;
  if (ngtcp2_is_bidi_stream(stream) != 0) {
    ++connection.open_requests_;
    ngtcp2_conn_extend_max_streams_bidi(conn, connection.request_credit_.opened(number));
  } else {
    ngtcp2_conn_extend_max_streams_uni(conn, connection.uni_credit_.opened(number));
  }
  connection.conduct_.progress(connection.last_time_);
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
      --connection.open_requests_;
      ngtcp2_conn_extend_max_streams_bidi(conn, connection.request_credit_.ended());
    } else {
      ngtcp2_conn_extend_max_streams_uni(conn, connection.uni_credit_.ended());
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

int Connection::Callbacks::new_connection_id(ngtcp2_conn*, ngtcp2_cid* id, std::uint8_t* token, std::size_t,
                                             void* user_data) {
  Connection& connection = self(user_data);
  return connection.add_new_id(*id, token) ? 0 : NGTCP2_ERR_CALLBACK_FAILURE;
}

int Connection::Callbacks::path_validation(ngtcp2_conn*, std::uint32_t flags, const ngtcp2_path* path,
                                           const ngtcp2_path*, ngtcp2_path_validation_result result,
                                           void* user_data) {
  Connection& connection = self(user_data);
  if (result != NGTCP2_PATH_VALIDATION_RESULT_SUCCESS) return 0;
  connection.host_.counters().add(EndpointCounter::paths_validated);
  if ((flags & NGTCP2_PATH_VALIDATION_FLAG_NEW_TOKEN) == 0) return 0;
  if (const Path* known = connection.known_path(*path)) connection.path_ = *known;
  connection.offer_token();
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

void Connection::Callbacks::write_qlog(void* user_data, std::uint32_t, const void* data, std::size_t bytes) {
  Connection& connection = self(user_data);
  connection.qlog_->write(Bytes(static_cast<const std::uint8_t*>(data), bytes));
}

int Connection::Callbacks::recv_client_initial(ngtcp2_conn* conn, const ngtcp2_cid* destination,
                                               void* user_data) {
  return install_initial_keys(*self(user_data).tls_context_->cipher_library(), conn, destination);
}

int Connection::Callbacks::version_negotiation(ngtcp2_conn* conn, std::uint32_t version,
                                               const ngtcp2_cid* destination, void* user_data) {
  return install_negotiated_initial_keys(*self(user_data).tls_context_->cipher_library(), conn, version,
                                         destination);
}

int Connection::Callbacks::update_key(ngtcp2_conn* conn, std::uint8_t* receive_secret,
                                      std::uint8_t* send_secret, ngtcp2_crypto_aead_ctx* receive,
                                      std::uint8_t* receive_iv, ngtcp2_crypto_aead_ctx* send,
                                      std::uint8_t* send_iv, const std::uint8_t* current_receive_secret,
                                      const std::uint8_t* current_send_secret, std::size_t secret_bytes,
                                      void* user_data) {
  return update_keys(*self(user_data).tls_context_->cipher_library(), conn, receive_secret, send_secret,
                     receive, receive_iv, send, send_iv, current_receive_secret, current_send_secret,
                     secret_bytes);
}

ngtcp2_callbacks Connection::Callbacks::by_gnutls() {
  ngtcp2_callbacks made{};
  made.recv_client_initial = ngtcp2_crypto_recv_client_initial_cb;
  made.recv_crypto_data = recv_crypto_data;
  made.encrypt = ngtcp2_crypto_encrypt_cb;
  made.decrypt = watched<ngtcp2_crypto_decrypt_cb>;
  made.hp_mask = ngtcp2_crypto_hp_mask_cb;
  made.update_key = ngtcp2_crypto_update_key_cb;
  made.delete_crypto_aead_ctx = ngtcp2_crypto_delete_crypto_aead_ctx_cb;
  made.delete_crypto_cipher_ctx = ngtcp2_crypto_delete_crypto_cipher_ctx_cb;
  made.get_path_challenge_data = ngtcp2_crypto_get_path_challenge_data_cb;
  made.version_negotiation = ngtcp2_crypto_version_negotiation_cb;
  made.rand = random;
  made.get_new_connection_id = new_connection_id;
  made.remove_connection_id = remove_connection_id;
  made.path_validation = path_validation;
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
}

ngtcp2_callbacks Connection::Callbacks::by_cipher_library() {
  ngtcp2_callbacks made = by_gnutls();
  add_protection(made);
  made.decrypt = watched<open_packet>;
  made.recv_client_initial = recv_client_initial;
  made.version_negotiation = version_negotiation;
  made.update_key = update_key;
  return made;
}

const ngtcp2_callbacks& Connection::Callbacks::table(bool by_library) {
  static const ngtcp2_callbacks gnutls = by_gnutls();
  static const ngtcp2_callbacks library = by_cipher_library();
  return by_library ? library : gnutls;
}

}  // namespace quicrx
