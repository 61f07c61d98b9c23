// SPDX-License-Identifier: MIT
#include "client_connection.h"

#include <array>
#include <cstring>
#include <stdexcept>

#include "client_callbacks.h"
#include "quic/connection_settings.h"

namespace quicrx::load {
namespace {

constexpr std::uint64_t kWindow = 16 << 20;
constexpr std::size_t kTrainBytes = 60'000;

ngtcp2_cid random_id(std::size_t bytes) {
  ngtcp2_cid id{};
  id.datalen = bytes;
  fill_random({id.data, bytes});
  return id;
}

}  // namespace

struct ClientConnection::Callbacks {
  static ClientConnection& self(void* user_data) { return *static_cast<ClientConnection*>(user_data); }

  static int new_id(ngtcp2_conn*, ngtcp2_cid* id, std::uint8_t* token, std::size_t bytes, void* user_data) {
    *id = random_id(bytes);
    std::memcpy(id->data, &self(user_data).number_, sizeof(number_));
    fill_random({token, NGTCP2_STATELESS_RESET_TOKENLEN});
    return 0;
  }
  static int completed(ngtcp2_conn* conn, void* user_data) {
    ClientConnection& connection = self(user_data);
    connection.ready_ = connection.http_.start(conn);
    return connection.ready_ ? 0 : NGTCP2_ERR_CALLBACK_FAILURE;
  }
  static int received(ngtcp2_conn* conn, std::uint32_t flags, std::int64_t stream, std::uint64_t,
                      const std::uint8_t* data, std::size_t bytes, void* user_data, void*) {
    const bool fin = (flags & NGTCP2_STREAM_DATA_FLAG_FIN) != 0;
    const nghttp3_ssize used =
        nghttp3_conn_read_stream(self(user_data).http_.get(), stream, data, bytes, fin ? 1 : 0);
    if (used < 0) return NGTCP2_ERR_CALLBACK_FAILURE;
    ngtcp2_conn_extend_max_stream_offset(conn, stream, static_cast<std::uint64_t>(used));
    ngtcp2_conn_extend_max_offset(conn, static_cast<std::uint64_t>(used));
    return 0;
  }
  static int acked(ngtcp2_conn*, std::int64_t stream, std::uint64_t, std::uint64_t bytes, void* user_data,
                   void*) {
    const int error = nghttp3_conn_add_ack_offset(self(user_data).http_.get(), stream, bytes);
    return error == 0 ? 0 : NGTCP2_ERR_CALLBACK_FAILURE;
  }
  static int closed(ngtcp2_conn*, std::uint32_t, std::int64_t stream, std::uint64_t, void* user_data, void*) {
    if (nghttp3_conn* http = self(user_data).http_.get())
      (void)nghttp3_conn_close_stream(http, stream, NGHTTP3_H3_NO_ERROR);
    return 0;
  }
  static int more_allowed(ngtcp2_conn*, std::int64_t stream, std::uint64_t, void* user_data, void*) {
    return nghttp3_conn_unblock_stream(self(user_data).http_.get(), stream) == 0
               ? 0
               : NGTCP2_ERR_CALLBACK_FAILURE;
  }
  static ngtcp2_callbacks table() {
    ngtcp2_callbacks made = test::client_callbacks();
    made.get_new_connection_id = new_id;
    made.handshake_completed = completed;
    made.recv_stream_data = received;
    made.acked_stream_data_offset = acked;
    made.stream_close = closed;
    made.extend_max_stream_data = more_allowed;
    return made;
  }
};

ClientConnection::ClientConnection(std::uint32_t number, const ClientTls& tls, ClientSocket& socket,
                                   const SocketAddress& server, std::chrono::seconds keep_alive,
                                   Timestamp now)
    : number_(number), socket_(socket), tls_(tls.new_session()) {
  path_.local = socket.local();
  path_.remote = server;
  if (!start(keep_alive, now)) throw std::runtime_error("ngtcp2 makes no connection");
}

bool ClientConnection::start(std::chrono::seconds keep_alive, Timestamp now) {
  ngtcp2_settings settings;
  ngtcp2_settings_default(&settings);
  settings.initial_ts = to_ngtcp2(now);
  settings.handshake_timeout = 20 * NGTCP2_SECONDS;
  settings.no_pmtud = 1;
  settings.max_tx_udp_payload_size = 1452;
  ngtcp2_transport_params parameters;
  ngtcp2_transport_params_default(&parameters);
  parameters.initial_max_data = parameters.initial_max_stream_data_bidi_local = kWindow;
  parameters.initial_max_stream_data_uni = kWindow;
  parameters.initial_max_streams_uni = 3;
  ngtcp2_cid source = random_id(kIdBytes);
  std::memcpy(source.data, &number_, sizeof(number_));
  const ngtcp2_cid destination = random_id(18);
  const ngtcp2_path path = to_ngtcp2(path_);
  const ngtcp2_callbacks table = Callbacks::table();
  ngtcp2_conn* made = nullptr;
  if (ngtcp2_conn_client_new(&made, &destination, &source, &path, NGTCP2_PROTO_VER_V1, &table, &settings,
                             &parameters, nullptr, this) != 0)
    return false;
  conn_.reset(made);
  if (keep_alive.count() > 0)
    ngtcp2_conn_set_keep_alive_timeout(made,
                                       static_cast<ngtcp2_duration>(keep_alive.count()) * NGTCP2_SECONDS);
  reference_.user_data = this;
  reference_.get_conn = [](ngtcp2_crypto_conn_ref* reference) {
    return Callbacks::self(reference->user_data).conn_.get();
  };
  gnutls_session_set_ptr(tls_.get(), &reference_);
  ngtcp2_conn_set_tls_native_handle(made, tls_.get());
  return true;
}

bool ClientConnection::take_ready() {
  return ready_ && !std::exchange(ready_taken_, true);
}

Timestamp ClientConnection::deadline() const {
  return from_ngtcp2(ngtcp2_conn_get_expiry(conn_.get()));
}

void ClientConnection::read(Bytes datagram, Timestamp now) {
  const ngtcp2_path path = to_ngtcp2(path_);
  const ngtcp2_pkt_info info{};
  if (ngtcp2_conn_read_pkt(conn_.get(), &path, &info, datagram.data(), datagram.size(), to_ngtcp2(now)) != 0)
    failed_ = true;
}

void ClientConnection::expire(Timestamp now) {
  if (ngtcp2_conn_handle_expiry(conn_.get(), to_ngtcp2(now)) != 0) failed_ = true;
}

std::size_t ClientConnection::write_datagram(MutableBytes room, Timestamp now) {
  while (true) {
    std::int64_t stream = -1;
    int fin = 0;
    std::array<nghttp3_vec, 8> parts{};
    nghttp3_ssize count = 0;
    if (ready_) count = nghttp3_conn_writev_stream(http_.get(), &stream, &fin, parts.data(), parts.size());
    const std::uint32_t flags = NGTCP2_WRITE_STREAM_FLAG_MORE |
                                (fin != 0 ? NGTCP2_WRITE_STREAM_FLAG_FIN : NGTCP2_WRITE_STREAM_FLAG_NONE);
    ngtcp2_pkt_info info{};
    ngtcp2_ssize taken = -1;
    const ngtcp2_ssize written =
        count < 0
            ? ngtcp2_ssize{NGTCP2_ERR_CALLBACK_FAILURE}
            : ngtcp2_conn_writev_stream(conn_.get(), nullptr, &info, room.data(), room.size(), &taken, flags,
                                        stream, reinterpret_cast<const ngtcp2_vec*>(parts.data()),
                                        static_cast<std::size_t>(count), to_ngtcp2(now));
    if (taken >= 0 && stream >= 0)
      (void)nghttp3_conn_add_write_offset(http_.get(), stream, static_cast<std::size_t>(taken));
    if (written == NGTCP2_ERR_STREAM_DATA_BLOCKED) {
      nghttp3_conn_block_stream(http_.get(), stream);
    } else if (written == NGTCP2_ERR_STREAM_SHUT_WR || written == NGTCP2_ERR_STREAM_NOT_FOUND) {
      nghttp3_conn_shutdown_stream_write(http_.get(), stream);
    } else if (written != NGTCP2_ERR_WRITE_MORE) {
      failed_ = failed_ || written < 0;
      return written < 0 ? 0 : static_cast<std::size_t>(written);
    }
  }
}

bool ClientConnection::write_train(Timestamp now) {
  std::array<std::uint8_t, kTrainBytes> train;  // filled as far as it is sent
  const std::size_t most = ngtcp2_conn_get_max_tx_udp_payload_size(conn_.get());
  const std::size_t limit = std::min(train.size(), std::max(ngtcp2_conn_get_send_quantum(conn_.get()), most));
  std::size_t size = 0;
  std::size_t each = most;
  while (!failed_ && size + each <= limit) {
    const std::size_t written = write_datagram(MutableBytes(train).subspan(size, each), now);
    if (size == 0) each = written;
    size += written;
    if (written < each || written == 0) break;
  }
  if (size > 0) socket_.send(Bytes(train).first(size), each);
  ngtcp2_conn_update_pkt_tx_time(conn_.get(), to_ngtcp2(now));
  return size > 0;
}

void ClientConnection::write(Timestamp now) {
  while (!failed_ && write_train(now)) continue;
}

void ClientConnection::close(Timestamp now) {
  std::array<std::uint8_t, 1452> room{};
  ngtcp2_ccerr reason;
  ngtcp2_ccerr_default(&reason);
  ngtcp2_ccerr_set_application_error(&reason, NGHTTP3_H3_NO_ERROR, nullptr, 0);
  ngtcp2_pkt_info info{};
  const ngtcp2_ssize written = ngtcp2_conn_write_connection_close(conn_.get(), nullptr, &info, room.data(),
                                                                  room.size(), &reason, to_ngtcp2(now));
  if (written > 0)
    socket_.send(Bytes(room).first(static_cast<std::size_t>(written)), static_cast<std::size_t>(written));
}

}  // namespace quicrx::load
