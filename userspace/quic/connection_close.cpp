// SPDX-License-Identifier: MIT
/// How a connection ends: by us, by its peer, or in silence (RFC 9000 section 10).
#include <algorithm>

#include "quic/connection.h"

namespace quicrx {
namespace {

constexpr std::size_t kMaxClosePacket = 1200;
constexpr std::uint64_t kAmplification = 3;  // RFC 9000 section 8.1

}  // namespace

/// What the service closed with stands; ngtcp2 may only say that a callback failed.
void Connection::set_close_error(int error) {
  if (!close_wanted_) ngtcp2_ccerr_set_liberr(&close_error_, error, nullptr, 0);
}

void Connection::close_for(EndpointCounter reason) {
  if (close_wanted_) return;
  host_.counters().add(reason);
  if (session_) {
    close(session_->excessive_load());
    return;
  }
  ngtcp2_ccerr_set_transport_error(&close_error_, NGTCP2_INTERNAL_ERROR, nullptr, 0);
  close_wanted_ = true;
}

/// The peer's TLS messages are not those of a QUIC client; ngtcp2 is told by its callback's result.
void Connection::refuse_tls(TlsMessageFilter::Verdict verdict) {
  if (verdict == TlsMessageFilter::Verdict::compatibility_mode) {
    // RFC 9001 section 8.4
    ngtcp2_ccerr_set_transport_error(&close_error_, NGTCP2_PROTOCOL_VIOLATION, nullptr, 0);
    close_wanted_ = true;
    return;
  }
  constexpr std::uint8_t kUnexpectedMessage = 10;  // RFC 8446 section 6
  ngtcp2_conn_set_tls_alert(conn_.get(), kUnexpectedMessage);
}

void Connection::enter_closing(Timestamp now) {
  count_failed_handshake();
  host_.counters().add(EndpointCounter::connections_closed_by_us);
  if (memory_.exceeded()) host_.counters().add(EndpointCounter::connections_closed_memory);
  memory_.lift();
  last_time_ = std::max(last_time_, now);
  close_is_limited_ = state_ == State::handshake && !address_proven_;
  ngtcp2_path_storage path;
  ngtcp2_path_storage_zero(&path);
  ngtcp2_pkt_info info{};
  close_packet_.resize(std::min(kMaxClosePacket, host_.port().max_payload(path_)));
  const ngtcp2_ssize bytes =
      ngtcp2_conn_write_connection_close(conn_.get(), &path.path, &info, close_packet_.data(),
                                         close_packet_.size(), &close_error_, to_ngtcp2(last_time_));
  if (bytes <= 0) {
    finish();
    return;
  }
  if (const Path* known = known_path(path.path)) path_ = *known;
  close_packet_.resize(static_cast<std::size_t>(bytes));
  close_due_ = true;
  linger(State::closing, std::chrono::nanoseconds(3 * ngtcp2_conn_get_pto(conn_.get())), now);
  send_close_packet();
}

bool Connection::begun_anew(std::uint32_t version, const SocketAddress& client) const {
  return conn_ && state_ == State::handshake && client == first_remote_ &&
         version != ngtcp2_conn_get_client_chosen_version(conn_.get()) &&
         version != ngtcp2_conn_get_negotiated_version(conn_.get());
}

void Connection::count_failed_handshake() {
  if (state_ == State::handshake) host_.counters().add(EndpointCounter::handshakes_failed);
}

void Connection::enter_draining(Timestamp now) {
  count_failed_handshake();
  linger(State::draining, std::chrono::nanoseconds(3 * ngtcp2_conn_get_pto(conn_.get())), now);
}

void Connection::linger(State state, std::chrono::nanoseconds time, Timestamp now) {
  statistics_ = statistics();
  set_state(state);
  linger_until_ = now + time;
  session_.reset();
  conn_.reset();
  tls_.reset();
}

void Connection::finish() {
  statistics_ = statistics();
  set_state(State::gone);
  for (const ConnectionId& id : ids_) host_.table().remove(id);
  ids_.clear();
  session_.reset();
  conn_.reset();
  tls_.reset();
}

bool Connection::send_close_packet() {
  if (close_is_limited_ &&
      statistics_.bytes_sent + close_packet_.size() > kAmplification * statistics_.bytes_received) {
    close_due_ = false;
    return true;
  }
  auto frame = host_.port().acquire(path_);
  if (!frame || frame->room().size() < close_packet_.size()) return false;
  std::ranges::copy(close_packet_, frame->room().begin());
  frame->resize(close_packet_.size());
  close_due_ = false;
  ++statistics_.datagrams_sent;
  statistics_.bytes_sent += close_packet_.size();
  host_.port().send(std::move(*frame), path_, Ecn::not_ect);
  return true;
}

void Connection::shut_down(Timestamp now) {
  if (!conn_) return;
  if (session_ && !close_wanted_) close(session_->no_error());
  enter_closing(now);
}

void Connection::drain() {
  if (!session_ || close_wanted_) return;
  session_->drain();
  host_.want_write(*this);
}

}  // namespace quicrx
