// SPDX-License-Identifier: MIT
#include "http_client.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace quicrx::load {
namespace {

constexpr std::array<std::uint8_t, 1 << 14> kZeros{};

nghttp3_nv field(std::string_view name, std::string_view value) {
  return {.name = reinterpret_cast<std::uint8_t*>(const_cast<char*>(name.data())),
          .value = reinterpret_cast<std::uint8_t*>(const_cast<char*>(value.data())),
          .namelen = name.size(),
          .valuelen = value.size(),
          .flags = NGHTTP3_NV_FLAG_NONE};
}

HttpClient& self(void* user_data) {
  return *static_cast<HttpClient*>(user_data);
}

}  // namespace

struct HttpClient::Callbacks {
  static int header(nghttp3_conn*, std::int64_t, std::int32_t token, nghttp3_rcbuf*, nghttp3_rcbuf* value,
                    std::uint8_t, void* user_data, void*) {
    if (token == NGHTTP3_QPACK_TOKEN__STATUS)
      self(user_data).succeeded_ = self(user_data).any_status_ || nghttp3_rcbuf_get_buf(value).base[0] == '2';
    return 0;
  }
  static int end(nghttp3_conn*, std::int64_t, void* user_data, void*) {
    self(user_data).answered_ = true;
    return 0;
  }
  static int consumed(nghttp3_conn*, std::int64_t stream, std::size_t bytes, void*, void* stream_data) {
    auto* quic = static_cast<ngtcp2_conn*>(stream_data);
    ngtcp2_conn_extend_max_stream_offset(quic, stream, bytes);
    ngtcp2_conn_extend_max_offset(quic, bytes);
    return 0;
  }
  static int data(nghttp3_conn* conn, std::int64_t stream, const std::uint8_t*, std::size_t bytes,
                  void* user_data, void* stream_data) {
    return consumed(conn, stream, bytes, user_data, stream_data);
  }
  static nghttp3_ssize body(nghttp3_conn*, std::int64_t, nghttp3_vec* parts, std::size_t,
                            std::uint32_t* flags, void* user_data, void*) {
    std::uint64_t& left = self(user_data).body_left_;
    const std::size_t now = static_cast<std::size_t>(std::min<std::uint64_t>(left, kZeros.size()));
    left -= now;
    if (left == 0) *flags |= NGHTTP3_DATA_FLAG_EOF;
    parts[0] = {const_cast<std::uint8_t*>(kZeros.data()), now};
    return 1;
  }
};

bool HttpClient::start(ngtcp2_conn* quic) {
  nghttp3_callbacks table{};
  table.recv_header = Callbacks::header;
  table.end_stream = Callbacks::end;
  table.recv_data = Callbacks::data;
  table.deferred_consume = Callbacks::consumed;
  nghttp3_settings settings;
  nghttp3_settings_default(&settings);
  nghttp3_conn* made = nullptr;
  if (nghttp3_conn_client_new(&made, &table, &settings, nullptr, this) != 0) return false;
  conn_.reset(made);
  std::array<std::int64_t, 3> streams{};
  for (std::int64_t& stream : streams)
    if (ngtcp2_conn_open_uni_stream(quic, &stream, nullptr) != 0) return false;
  return nghttp3_conn_bind_control_stream(made, streams[0]) == 0 &&
         nghttp3_conn_bind_qpack_streams(made, streams[1], streams[2]) == 0;
}

bool HttpClient::ask(ngtcp2_conn* quic, const Request& request) {
  std::int64_t stream = -1;
  if (ngtcp2_conn_open_bidi_stream(quic, &stream, nullptr) != 0) return false;
  body_left_ = request.body;
  answered_ = false;
  succeeded_ = any_status_ = request.any_status;
  const std::string length = std::to_string(request.body);
  const std::array<nghttp3_nv, 5> fields{field(":method", request.body > 0 ? "PUT" : "GET"),
                                         field(":scheme", "https"), field(":authority", "localhost"),
                                         field(":path", request.path), field("content-length", length)};
  const nghttp3_data_reader reader{Callbacks::body};
  const std::size_t count = request.body > 0 ? fields.size() : fields.size() - 1;
  return nghttp3_conn_submit_request(conn_.get(), stream, fields.data(), count,
                                     request.body > 0 ? &reader : nullptr, quic) == 0;
}

}  // namespace quicrx::load
