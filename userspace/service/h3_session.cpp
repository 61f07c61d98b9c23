// SPDX-License-Identifier: MIT
#include "service/h3_session.h"

#include <array>
#include <string>
#include <vector>

#include "service/h3_callbacks.h"
#include "service/h3_service.h"

namespace quicrx {
namespace {

constexpr std::size_t kBlockedStreams = 100;
constexpr std::uint64_t kMaxHeaderBytes = std::uint64_t{64} << 10;

nghttp3_nv field(std::string_view name, std::string_view value) {
  return {.name = reinterpret_cast<std::uint8_t*>(const_cast<char*>(name.data())),
          .value = reinterpret_cast<std::uint8_t*>(const_cast<char*>(value.data())),
          .namelen = name.size(),
          .valuelen = value.size(),
          .flags = NGHTTP3_NV_FLAG_NONE};
}

}  // namespace

std::unique_ptr<Session> H3Service::accept(StreamControl& connection) {
  return std::make_unique<H3Session>(connection, config_, memory_);
}

H3Session::H3Session(StreamControl& connection, const HttpConfig& config, MemoryBudget& service_memory)
    : connection_(connection), config_(config), budget_(kConnectionSendMemoryBytes, &service_memory) {
  nghttp3_settings settings;
  nghttp3_settings_default(&settings);
  settings.max_field_section_size = kMaxHeaderBytes;
  settings.qpack_max_dtable_capacity = 4096;
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
  if (check(nghttp3_conn_bind_control_stream(conn_.get(), control)))
    check(nghttp3_conn_bind_qpack_streams(conn_.get(), encoder, decoder));
}

bool H3Session::check(nghttp3_ssize result) {
  if (result >= 0) return true;
  connection_.close(nghttp3_err_infer_quic_app_error_code(static_cast<int>(result)));
  return false;
}

HttpRequest* H3Session::find(StreamId stream) {
  const auto found = requests_.find(stream);
  return found == requests_.end() ? nullptr : &found->second;
}

void H3Session::streams_allowed(std::uint64_t count) {
  if (conn_) nghttp3_conn_set_max_client_streams_bidi(conn_.get(), count);
}

void H3Session::received(StreamId stream, Bytes data, bool fin) {
  constexpr StreamId kUnidirectional = 2;
  if (!conn_) return;
  if ((stream & kUnidirectional) == 0) {
    read(stream, data, fin);
    return;
  }
  const std::vector<std::uint8_t> passed = guards_[stream].pass(data);
  if (!passed.empty() || fin) read(stream, passed, fin);
}

void H3Session::read(StreamId stream, Bytes data, bool fin) {
  const nghttp3_ssize used =
      nghttp3_conn_read_stream(conn_.get(), stream, data.data(), data.size(), fin ? 1 : 0);
  // What was not body has been used now; the body is consumed where it goes.
  if (check(used) && used > 0) connection_.consume(stream, static_cast<std::uint64_t>(used));
}

void H3Session::submit(StreamId stream, std::optional<HttpAnswer> answer, bool whole) {
  HttpRequest* request = find(stream);
  if (!answer || request == nullptr || request->answer) return;
  const HttpAnswer& given = request->answer.emplace(std::move(*answer));
  const std::string status = std::to_string(static_cast<int>(given.status));
  const std::string length = std::to_string(given.content_bytes);
  std::vector<nghttp3_nv> fields{field(":status", status), field("server", "quicrx"),
                                 field("content-type", given.content_type), field("content-length", length)};
  if (!given.allow.empty()) fields.push_back(field("allow", given.allow));
  const nghttp3_data_reader body{.read_data = Callbacks::read_data};
  check(nghttp3_conn_submit_response(conn_.get(), stream, fields.data(), fields.size(),
                                     given.has_body ? &body : nullptr));
  // RFC 9114 section 4.1: what is answered already need not be sent to its end.
  if (!whole && request->has_content()) connection_.stop_reading(stream, NGHTTP3_H3_NO_ERROR);
  connection_.wake();
}

nghttp3_ssize H3Session::read_body(StreamId stream, nghttp3_vec& part, std::uint32_t& flags) {
  HttpRequest* request = find(stream);
  if (request == nullptr || !request->answer) return NGHTTP3_ERR_CALLBACK_FAILURE;
  HttpAnswer& answer = *request->answer;
  if (!answer.file) {
    part = {.base = reinterpret_cast<std::uint8_t*>(answer.text.data()), .len = answer.text.size()};
    flags |= NGHTTP3_DATA_FLAG_EOF;
    return 1;
  }
  const FileReader::Piece piece = answer.file->next();
  if (piece.status == FileReader::Status::wait) {
    waiting_.insert(stream);
    return NGHTTP3_ERR_WOULDBLOCK;
  }
  if (piece.status == FileReader::Status::failed) {
    // The length is promised already: only the stream's end can say that it is not kept.
    connection_.abort(stream, NGHTTP3_H3_INTERNAL_ERROR);
    return NGHTTP3_ERR_WOULDBLOCK;
  }
  part = {.base = piece.bytes.data(), .len = piece.bytes.size()};
  if (piece.last) flags |= NGHTTP3_DATA_FLAG_EOF;
  return piece.bytes.empty() ? 0 : 1;
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

void H3Session::sent(StreamId stream, std::uint64_t bytes, bool) {
  check(nghttp3_conn_add_write_offset(conn_.get(), stream, bytes));
}

void H3Session::blocked(StreamId stream) {
  nghttp3_conn_block_stream(conn_.get(), stream);
}

void H3Session::writable(StreamId stream) {
  if (conn_) check(nghttp3_conn_unblock_stream(conn_.get(), stream));
}

void H3Session::write_ended(StreamId stream) {
  nghttp3_conn_shutdown_stream_write(conn_.get(), stream);
}

void H3Session::acked(StreamId stream, std::uint64_t bytes) {
  if (conn_) check(nghttp3_conn_add_ack_offset(conn_.get(), stream, bytes));
}

void H3Session::reset(StreamId stream, AppError) {
  if (!conn_) return;
  check(nghttp3_conn_shutdown_stream_read(conn_.get(), stream));
  // Without an answer under way our side of the stream ends here, too: else it would stay open for ever.
  HttpRequest* request = find(stream);
  if (request != nullptr) request->cancel();
  if (request == nullptr || !request->answer) connection_.abort(stream, NGHTTP3_H3_REQUEST_CANCELLED);
}

void H3Session::read_ended(StreamId stream) {
  if (conn_) check(nghttp3_conn_shutdown_stream_read(conn_.get(), stream));
}

void H3Session::closed(StreamId stream, AppError error) {
  if (!conn_) return;
  guards_.erase(stream);
  const int result = nghttp3_conn_close_stream(conn_.get(), stream, error);
  if (result != NGHTTP3_ERR_STREAM_NOT_FOUND) check(result);
}

}  // namespace quicrx
