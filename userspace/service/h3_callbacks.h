// SPDX-License-Identifier: MIT
#pragma once

#include <nghttp3/nghttp3.h>

#include "service/h3_session.h"

namespace quicrx {

/// nghttp3's calls into a session, whose pointer is their user data.
struct H3Session::Callbacks {
  static const nghttp3_callbacks& table();
  /// For a response with a body.
  static nghttp3_ssize read_data(nghttp3_conn*, std::int64_t stream, nghttp3_vec* parts,
                                 std::size_t part_count, std::uint32_t* flags, void* user_data, void*);

 private:
  static int begin_headers(nghttp3_conn*, std::int64_t stream, void* user_data, void*);
  static int recv_header(nghttp3_conn*, std::int64_t stream, std::int32_t token, nghttp3_rcbuf* name,
                         nghttp3_rcbuf* value, std::uint8_t flags, void* user_data, void*);
  static int end_headers(nghttp3_conn*, std::int64_t stream, int fin, void* user_data, void*);
  static int recv_data(nghttp3_conn*, std::int64_t stream, const std::uint8_t*, std::size_t, void* user_data,
                       void*);
  static int end_stream(nghttp3_conn*, std::int64_t stream, void* user_data, void*);
  static int deferred_consume(nghttp3_conn*, std::int64_t stream, std::size_t bytes, void* user_data, void*);
  static int acked_stream_data(nghttp3_conn*, std::int64_t stream, std::uint64_t bytes, void* user_data,
                               void*);
  static int stop_sending(nghttp3_conn*, std::int64_t stream, std::uint64_t error, void* user_data, void*);
  static int reset_stream(nghttp3_conn*, std::int64_t stream, std::uint64_t error, void* user_data, void*);
};

}  // namespace quicrx
