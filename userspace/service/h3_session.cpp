// SPDX-License-Identifier: MIT
#include "service/h3_session.h"

#include <algorithm>
#include <array>

#include "service/h3_callbacks.h"
#include "service/h3_service.h"
#include "service/stream_queue.h"

namespace quicrx {
namespace {

constexpr std::size_t kBlockedStreams = 100;
constexpr std::size_t kDecoderTableBytes = 4096;

}  // namespace

std::unique_ptr<Session> H3Service::accept(StreamControl& connection) {
  return std::make_unique<H3Session>(connection, config_, memory_, clock_);
}

H3Session::H3Session(StreamControl& connection, const HttpConfig& config, MemoryBudget& service_memory,
                     DateClock& clock)
    : connection_(connection),
      config_(config),
      clock_(clock),
      budget_(config.send_memory_per_connection_bytes, &service_memory),
      audit_(kDecoderTableBytes, kBlockedStreams) {
  nghttp3_settings settings;
  nghttp3_settings_default(&settings);
  settings.max_field_section_size = RequestHead::kMaxBytes;
  settings.qpack_max_dtable_capacity = kDecoderTableBytes;
  settings.qpack_blocked_streams = kBlockedStreams;
  nghttp3_conn* conn = nullptr;
  if (nghttp3_conn_server_new(&conn, &Callbacks::table(), &settings, nullptr, this) != 0) return;
  conn_.reset(conn);
}

void H3Session::ready() {
  const StreamId control = connection_.open_uni();
  const StreamId encoder = connection_.open_uni();
  const StreamId decoder = connection_.open_uni();
  // RFC 9114 section 6.2: a peer that does not allow these three streams speaks no HTTP/3.
  if (!conn_ || control < 0 || encoder < 0 || decoder < 0) {
    connection_.close(NGHTTP3_H3_GENERAL_PROTOCOL_ERROR);
    return;
  }
  control_ = control;
  if (check(nghttp3_conn_bind_control_stream(conn_.get(), control)))
    check(nghttp3_conn_bind_qpack_streams(conn_.get(), encoder, decoder));
}

bool H3Session::check(nghttp3_ssize result) {
  if (result >= 0) return true;
  connection_.close(nghttp3_err_infer_quic_app_error_code(static_cast<int>(result)));
  return false;
}

H3Session::Exchange* H3Session::find(StreamId stream) {
  const auto found = exchanges_.find(stream);
  return found == exchanges_.end() || found->second.dropped ? nullptr : &found->second;
}

void H3Session::streams_allowed(std::uint64_t count) {
  if (conn_) nghttp3_conn_set_max_client_streams_bidi(conn_.get(), count);
}

void H3Session::received(StreamId stream, Bytes data, bool fin) {
  if (!conn_) return;
  if (is_unidirectional(stream)) {
    received_uni(stream, data, fin);
    return;
  }
  const auto found = exchanges_.find(stream);
  if (found != exchanges_.end() && found->second.dropped) {
    connection_.consume(stream, data.size());
  } else if (!audit_.request_bytes(stream, data)) {
    connection_.consume(stream, data.size());
    refuse_malformed(stream);
  } else if (!fin || found != exchanges_.end()) {
    read(stream, data, fin);
  } else {
    ending_ = stream;
    if (data.empty() || read(stream, data, false)) end_request(stream);
    ending_ = -1;
  }
}

bool H3Session::read(StreamId stream, Bytes data, bool fin) {
  body_read_ = 0;
  const nghttp3_ssize used =
      nghttp3_conn_read_stream(conn_.get(), stream, data.data(), data.size(), fin ? 1 : 0);
  if (used == NGHTTP3_ERR_MALFORMED_HTTP_MESSAGING && !is_unidirectional(stream)) {
    connection_.consume(stream, data.size() - body_read_);
    refuse_malformed(stream);
    return false;
  }
  // What was not body has been used now; the body is consumed where it goes.
  if (check(used) && used > 0) connection_.consume(stream, static_cast<std::uint64_t>(used));
  return used >= 0;
}

void H3Session::refuse_malformed(StreamId stream) {
  connection_.count_misuse();
  exchanges_.try_emplace(stream, config_, budget_);  // which the stream's later bytes find dropped
  drop(stream, NGHTTP3_H3_MESSAGE_ERROR);
}

/// A request may end without having begun, which is an error of its stream (RFC 9114 section 4.1.1) and for
/// nghttp3 one of the connection.
void H3Session::end_request(StreamId stream) {
  const nghttp3_ssize result = nghttp3_conn_read_stream(conn_.get(), stream, nullptr, 0, 1);
  if (result == NGHTTP3_ERR_H3_FRAME_UNEXPECTED && !exchanges_.contains(stream)) {
    connection_.count_misuse();
    drop(stream, NGHTTP3_H3_REQUEST_INCOMPLETE);
    return;
  }
  if (result == NGHTTP3_ERR_MALFORMED_HTTP_MESSAGING) {
    refuse_malformed(stream);
    return;
  }
  check(result);
}

void H3Session::received_uni(StreamId stream, Bytes data, bool fin) {
  H3PeerStream& peer = peer_streams_[stream];
  if (!peer.typed()) {
    peer.read_type(data);
    if (!peer.typed()) return;  // RFC 9114 section 6.2: it may also end here
    if (!read(stream, peer.pass(peer.type_bytes()), false)) return;
  }
  if (const auto error = peer.inspect(data)) {
    connection_.close(*error);
    return;
  }
  if (peer.is_encoder())
    for (const StreamId malformed : audit_.encoder_bytes(data)) refuse_malformed(malformed);
  const std::vector<std::uint8_t> passed = peer.pass(data);
  if (!passed.empty() || fin) read(stream, passed, fin);
}

void H3Session::resume_waiting() {
  if (waiting_.empty()) return;
  for (const StreamId stream : waiting_) nghttp3_conn_resume_stream(conn_.get(), stream);
  waiting_.clear();
  connection_.wake();
}

bool H3Session::next(Outgoing& out) {
  if (!conn_) return false;
  std::array<nghttp3_vec, Outgoing::kMaxParts> parts;
  int fin = 0;
  nghttp3_ssize count = 0;
  std::size_t waiting = 0;
  do {
    // A stream that waits for memory ends nghttp3's look, though others may have something.
    waiting = waiting_.size();
    count = nghttp3_conn_writev_stream(conn_.get(), &out.stream, &fin, parts.data(), parts.size());
  } while (count >= 0 && out.stream < 0 && waiting_.size() > waiting);
  if (!check(count) || out.stream < 0) return false;
  out.part_count = static_cast<std::size_t>(count);
  for (std::size_t i = 0; i < out.part_count; ++i) out.parts[i] = {parts[i].base, parts[i].len};
  out.fin = fin != 0;
  return true;
}

void H3Session::sent(StreamId stream, std::uint64_t bytes, bool fin) {
  check(nghttp3_conn_add_write_offset(conn_.get(), stream, bytes));
  if (stream == control_) control_sent_ += bytes;
  if (Exchange* exchange = fin ? find(stream) : nullptr) exchange->complete = true;
}

void H3Session::blocked(StreamId stream) {
  nghttp3_conn_block_stream(conn_.get(), stream);
}

void H3Session::writable(StreamId stream) {
  if (conn_) check(nghttp3_conn_unblock_stream(conn_.get(), stream));
}

void H3Session::write_ended(StreamId stream) {
  // RFC 9114 section 6.2.1: none of our own may be stopped by the peer.
  if (is_unidirectional(stream)) connection_.close(NGHTTP3_H3_CLOSED_CRITICAL_STREAM);
  nghttp3_conn_shutdown_stream_write(conn_.get(), stream);
}

void H3Session::acked(StreamId stream, std::uint64_t bytes) {
  if (!conn_ || !check(nghttp3_conn_add_ack_offset(conn_.get(), stream, bytes))) return;
  if (stream != control_) return;
  control_acked_ += bytes;
  if (drain_ == Drain::warned && control_acked_ > control_before_warning_) {
    drain_ = Drain::last_told;
    check(nghttp3_conn_shutdown(conn_.get()));
    connection_.wake();
  }
}

void H3Session::reset(StreamId stream, AppError error) {
  if (!conn_) return;
  if (is_unidirectional(stream)) {
    closed(stream, error);  // which a critical one must not be
    return;
  }
  check(nghttp3_conn_shutdown_stream_read(conn_.get(), stream));
  const auto found = exchanges_.find(stream);
  if (found == exchanges_.end()) {
    connection_.count_misuse();
    connection_.abort(stream, NGHTTP3_H3_REQUEST_CANCELLED);
    return;
  }
  Exchange& exchange = found->second;
  if (!exchange.complete && !exchange.stopped && !exchange.dropped) connection_.count_misuse();
  exchange.stopped = true;
  exchange.request.cancel();
  // Without an answer under way our side of the stream ends here, too: else it would stay open for ever.
  if (!exchange.answer) drop(stream, NGHTTP3_H3_REQUEST_CANCELLED);
}

void H3Session::read_ended(StreamId stream) {
  if (conn_) check(nghttp3_conn_shutdown_stream_read(conn_.get(), stream));
}

void H3Session::closed(StreamId stream, AppError error) {
  if (!conn_) return;
  audit_.forget(stream);
  const auto peer = peer_streams_.extract(stream);
  if (!peer.empty() && !peer.mapped().typed()) {
    connection_.consume(stream, peer.mapped().type_bytes().size());
    return;
  }
  const int result = nghttp3_conn_close_stream(conn_.get(), stream, error);
  if (result != NGHTTP3_ERR_STREAM_NOT_FOUND) check(result);
  forget(stream);
}

void H3Session::drop(StreamId stream, AppError error) {
  if (const auto found = exchanges_.find(stream); found != exchanges_.end()) {
    found->second.dropped = true;
    found->second.request.cancel();
  }
  audit_.forget(stream);
  connection_.abort(stream, error);
}

void H3Session::forget(StreamId stream) {
  if (const auto found = exchanges_.find(stream); found != exchanges_.end()) {
    const Exchange& exchange = found->second;
    if (!exchange.complete && !exchange.stopped && !exchange.dropped) connection_.count_misuse();
    exchanges_.erase(found);
  }
  waiting_.erase(stream);
  resume_waiting();
}

void H3Session::handshake_completed() {
  for (const StreamId stream : std::exchange(delayed_, {})) request_done(stream);
}

void H3Session::drain() {
  if (!conn_ || control_ < 0 || drain_ != Drain::no) return;
  drain_ = Drain::warned;
  control_before_warning_ = control_sent_;
  check(nghttp3_conn_submit_shutdown_notice(conn_.get()));
  connection_.wake();
}

bool H3Session::drained() const {
  return std::ranges::all_of(exchanges_, [](const auto& entry) { return entry.second.dropped; });
}

}  // namespace quicrx
