// SPDX-License-Identifier: MIT
/// What a session asks of its connection.
#include <algorithm>

#include "quic/connection.h"

namespace quicrx {
namespace {

constexpr std::size_t kMaxQueuedDatagrams = 128;
// Around the data of a DATAGRAM frame, at the most: short header, packet number, AEAD tag; frame type and
// length.
constexpr std::size_t kPacketOverhead = 1 + NGTCP2_MAX_CIDLEN + 4 + 16;
constexpr std::size_t kDatagramFrameOverhead = 1 + 4;

}  // namespace

void Connection::consume(StreamId stream, std::uint64_t bytes) {
  ngtcp2_conn_extend_max_stream_offset(conn_.get(), stream, bytes);
  ngtcp2_conn_extend_max_offset(conn_.get(), bytes);
}

void Connection::wake() {
  host_.want_write(*this);
}

void Connection::abort(StreamId stream, AppError error) {
  ngtcp2_conn_shutdown_stream(conn_.get(), 0, stream, error);
  host_.want_write(*this);
}

void Connection::stop_reading(StreamId stream, AppError error) {
  ngtcp2_conn_shutdown_stream_read(conn_.get(), 0, stream, error);
  host_.want_write(*this);
}

StreamId Connection::open_uni() {
  StreamId stream = -1;
  return ngtcp2_conn_open_uni_stream(conn_.get(), &stream, nullptr) == 0 ? stream : -1;
}

void Connection::close(AppError error) {
  if (close_wanted_) return;
  ngtcp2_ccerr_set_application_error(&close_error_, error, nullptr, 0);
  close_wanted_ = true;
  host_.want_write(*this);
}

bool Connection::early() const {
  return conn_ && ngtcp2_conn_get_handshake_completed(conn_.get()) == 0;
}

std::size_t Connection::max_datagram() const {
  const ngtcp2_transport_params* peer =
      conn_ ? ngtcp2_conn_get_remote_transport_params(conn_.get()) : nullptr;
  if (peer == nullptr || peer->max_datagram_frame_size <= kDatagramFrameOverhead) return 0;
  const std::size_t packet = ngtcp2_conn_get_path_max_tx_udp_payload_size(conn_.get()) - kPacketOverhead;
  return std::min<std::size_t>(peer->max_datagram_frame_size, packet) - kDatagramFrameOverhead;
}

bool Connection::send_datagram(Bytes data) {
  if (data.size() > max_datagram() || datagrams_.size() >= kMaxQueuedDatagrams) return false;
  datagrams_.emplace_back(data.begin(), data.end());
  host_.want_write(*this);
  return true;
}

HeldBytes Connection::hold() {
  FramePool* own = hold_frames_.own_pool();
  FramePool* pool = own != nullptr ? own : host_.config().hold_pool;
  if (pool != nullptr && hold_frames_.may_take(*pool)) {
    if (auto frame = pool->acquire()) {
      hold_frames_.charge(*frame);
      host_.counters().add(EndpointCounter::held_in_frames);
      return HeldBytes(std::move(*frame));
    }
  }
  host_.counters().add(EndpointCounter::held_on_heap);
  return HeldBytes();
}

void Connection::count_misuse() {
  if (!conduct_.misuse(last_time_)) close_for(EndpointCounter::connections_closed_misuse);
}

}  // namespace quicrx
