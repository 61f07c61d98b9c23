// SPDX-License-Identifier: MIT
#include "service/h3_callbacks.h"

namespace quicrx {
namespace {

std::string_view text_of(const nghttp3_rcbuf* buffer) {
  const nghttp3_vec bytes = nghttp3_rcbuf_get_buf(buffer);
  return {reinterpret_cast<const char*>(bytes.base), bytes.len};
}

H3Session& self(void* user_data) {
  return *static_cast<H3Session*>(user_data);
}

}  // namespace

nghttp3_ssize H3Session::Callbacks::read_data(nghttp3_conn*, std::int64_t stream, nghttp3_vec* parts,
                                              std::size_t, std::uint32_t* flags, void* user_data, void*) {
  return self(user_data).read_body(stream, parts[0], *flags);
}

int H3Session::Callbacks::begin_headers(nghttp3_conn*, std::int64_t stream, void* user_data, void*) {
  H3Session& session = self(user_data);
  session.exchanges_.try_emplace(stream, session.config_, session.budget_);
  return 0;
}

int H3Session::Callbacks::recv_header(nghttp3_conn*, std::int64_t stream, std::int32_t, nghttp3_rcbuf* name,
                                      nghttp3_rcbuf* value, std::uint8_t, void* user_data, void*) {
  H3Session& session = self(user_data);
  Exchange* exchange = session.find(stream);
  if (exchange == nullptr) return 0;
  exchange->head.add(text_of(name), text_of(value), exchange->request);
  if (exchange->head.much_too_large()) {
    session.connection_.count_misuse();
    session.drop(stream, NGHTTP3_H3_EXCESSIVE_LOAD);
  }
  return 0;
}

int H3Session::Callbacks::end_headers(nghttp3_conn*, std::int64_t stream, int fin, void* user_data, void*) {
  H3Session& session = self(user_data);
  session.head_done(stream, fin != 0 || stream == session.ending_);
  return 0;
}

int H3Session::Callbacks::recv_data(nghttp3_conn*, std::int64_t stream, const std::uint8_t* data,
                                    std::size_t bytes, void* user_data, void*) {
  H3Session& session = self(user_data);
  if (Exchange* exchange = session.find(stream))
    session.submit(stream, exchange->request.body(Bytes(data, bytes)), stream == session.ending_);
  session.connection_.consume(stream, bytes);
  session.body_read_ += bytes;
  return 0;
}

int H3Session::Callbacks::end_stream(nghttp3_conn*, std::int64_t stream, void* user_data, void*) {
  self(user_data).request_done(stream);
  return 0;
}

int H3Session::Callbacks::deferred_consume(nghttp3_conn*, std::int64_t stream, std::size_t bytes,
                                           void* user_data, void*) {
  self(user_data).connection_.consume(stream, bytes);
  return 0;
}

int H3Session::Callbacks::acked_stream_data(nghttp3_conn*, std::int64_t stream, std::uint64_t bytes,
                                            void* user_data, void*) {
  H3Session& session = self(user_data);
  const auto found = session.exchanges_.find(stream);
  if (found != session.exchanges_.end() && found->second.answer && found->second.answer->file) {
    found->second.answer->file->acked(bytes);
    session.resume_waiting();
  }
  return 0;
}

int H3Session::Callbacks::stop_sending(nghttp3_conn*, std::int64_t stream, std::uint64_t error,
                                       void* user_data, void*) {
  self(user_data).connection_.stop_reading(stream, error);
  return 0;
}

/// nghttp3 refuses a request: for its form, or because it came after the last one that we said to serve.
int H3Session::Callbacks::reset_stream(nghttp3_conn*, std::int64_t stream, std::uint64_t error,
                                       void* user_data, void*) {
  H3Session& session = self(user_data);
  if (error == NGHTTP3_H3_MESSAGE_ERROR) session.connection_.count_misuse();
  session.exchanges_.try_emplace(stream, session.config_, session.budget_);
  session.drop(stream, error);
  return 0;
}

const nghttp3_callbacks& H3Session::Callbacks::table() {
  static const nghttp3_callbacks callbacks = [] {
    nghttp3_callbacks made{};
    made.begin_headers = begin_headers;
    made.recv_header = recv_header;
    made.end_headers = end_headers;
    made.recv_data = recv_data;
    made.end_stream = end_stream;
    made.deferred_consume = deferred_consume;
    made.acked_stream_data = acked_stream_data;
    made.stop_sending = stop_sending;
    made.reset_stream = reset_stream;
    return made;
  }();
  return callbacks;
}

}  // namespace quicrx
