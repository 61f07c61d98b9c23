// SPDX-License-Identifier: MIT
#include "service/h3_callbacks.h"

#include <charconv>

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
  session.requests_.try_emplace(stream, session.config_, session.budget_);
  return 0;
}

int H3Session::Callbacks::recv_header(nghttp3_conn*, std::int64_t stream, std::int32_t token, nghttp3_rcbuf*,
                                      nghttp3_rcbuf* value, std::uint8_t, void* user_data, void*) {
  HttpRequest* request = self(user_data).find(stream);
  if (request == nullptr) return 0;
  const std::string_view text = text_of(value);
  if (token == NGHTTP3_QPACK_TOKEN__METHOD) request->method = text;
  if (token == NGHTTP3_QPACK_TOKEN__PATH) request->target = text;
  if (token == NGHTTP3_QPACK_TOKEN_CONTENT_LENGTH) {
    // nghttp3 has refused what is no number, and holds the body to it.
    std::uint64_t length = 0;
    std::from_chars(text.data(), text.data() + text.size(), length);
    request->content_length = length;
  }
  return 0;
}

int H3Session::Callbacks::end_headers(nghttp3_conn*, std::int64_t stream, int fin, void* user_data, void*) {
  H3Session& session = self(user_data);
  if (HttpRequest* request = session.find(stream)) session.submit(stream, request->headers_done(), fin != 0);
  return 0;
}

int H3Session::Callbacks::recv_data(nghttp3_conn*, std::int64_t stream, const std::uint8_t* data,
                                    std::size_t bytes, void* user_data, void*) {
  H3Session& session = self(user_data);
  if (HttpRequest* request = session.find(stream))
    session.submit(stream, request->body(Bytes(data, bytes)), false);
  session.connection_.consume(stream, bytes);
  return 0;
}

int H3Session::Callbacks::end_stream(nghttp3_conn*, std::int64_t stream, void* user_data, void*) {
  H3Session& session = self(user_data);
  if (HttpRequest* request = session.find(stream)) session.submit(stream, request->done(), true);
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
  if (HttpRequest* request = session.find(stream);
      request != nullptr && request->answer && request->answer->file) {
    request->answer->file->acked(bytes);
    session.resume_waiting();
  }
  return 0;
}

int H3Session::Callbacks::stream_close(nghttp3_conn*, std::int64_t stream, std::uint64_t, void* user_data,
                                       void*) {
  H3Session& session = self(user_data);
  session.requests_.erase(stream);
  session.waiting_.erase(stream);
  session.resume_waiting();
  return 0;
}

int H3Session::Callbacks::stop_sending(nghttp3_conn*, std::int64_t stream, std::uint64_t error,
                                       void* user_data, void*) {
  self(user_data).connection_.stop_reading(stream, error);
  return 0;
}

int H3Session::Callbacks::reset_stream(nghttp3_conn*, std::int64_t stream, std::uint64_t error,
                                       void* user_data, void*) {
  self(user_data).connection_.abort(stream, error);
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
    made.stream_close = stream_close;
    made.stop_sending = stop_sending;
    made.reset_stream = reset_stream;
    return made;
  }();
  return callbacks;
}

}  // namespace quicrx
