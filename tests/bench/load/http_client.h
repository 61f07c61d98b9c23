// SPDX-License-Identifier: MIT
#pragma once

#include <nghttp3/nghttp3.h>
#include <ngtcp2/ngtcp2.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

namespace quicrx::load {

/// What a connection asks of the server: GET, or PUT of a body.
struct Request {
  std::string path = "/";
  std::uint64_t body = 0;   // bytes, all zero
  bool any_status = false;  // some servers take an upload, and then have no place for it
};

/// HTTP/3 on a connection of the client, one request at a time.
class HttpClient {
 public:
  /// Opens the control streams; false when the server does not let it.
  bool start(ngtcp2_conn* quic);
  /// False when no stream can be opened now.
  bool ask(ngtcp2_conn* quic, const Request& request);

  [[nodiscard]] nghttp3_conn* get() const { return conn_.get(); }
  /// Whether the answer has come to its end since take_answer() was asked last.
  bool take_answer() { return std::exchange(answered_, false); }
  /// Whether its status was one of success, or may be any.
  [[nodiscard]] bool succeeded() const { return succeeded_; }

 private:
  struct Callbacks;
  struct Deleter {
    void operator()(nghttp3_conn* conn) const { nghttp3_conn_del(conn); }
  };

  std::unique_ptr<nghttp3_conn, Deleter> conn_;
  std::uint64_t body_left_ = 0;
  bool answered_ = false;
  bool succeeded_ = false;
  bool any_status_ = false;
};

}  // namespace quicrx::load
