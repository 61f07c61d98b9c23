// SPDX-License-Identifier: MIT
#pragma once

#include <nghttp3/nghttp3.h>

#include <cstdint>
#include <memory>
#include <set>
#include <unordered_map>

#include "quicrx/service.h"
#include "service/control_stream_guard.h"
#include "service/http_request.h"

namespace quicrx {

/// nghttp3's state machine for one connection, and the requests under way.
class H3Session final : public Session {
 public:
  H3Session(StreamControl& connection, const HttpConfig& config, MemoryBudget& service_memory);

  void ready() override;
  void streams_allowed(std::uint64_t count) override;
  void received(StreamId stream, Bytes data, bool fin) override;
  [[nodiscard]] bool next(Outgoing& out) override;
  void sent(StreamId stream, std::uint64_t bytes, bool fin) override;
  void blocked(StreamId stream) override;
  void writable(StreamId stream) override;
  void write_ended(StreamId stream) override;
  void acked(StreamId stream, std::uint64_t bytes) override;
  void reset(StreamId stream, AppError error) override;
  void read_ended(StreamId stream) override;
  void closed(StreamId stream, AppError error) override;
  [[nodiscard]] AppError no_error() const override { return NGHTTP3_H3_NO_ERROR; }

 private:
  struct Callbacks;
  struct ConnDeleter {
    void operator()(nghttp3_conn* conn) const { nghttp3_conn_del(conn); }
  };

  /// Closes the connection with the error that nghttp3 met; true when there was none.
  bool check(nghttp3_ssize result);
  void read(StreamId stream, Bytes data, bool fin);
  HttpRequest* find(StreamId stream);
  /// Sends the answer, if there is one and none was sent. `whole`: the request has come to its end.
  void submit(StreamId stream, std::optional<HttpAnswer> answer, bool whole);
  nghttp3_ssize read_body(StreamId stream, nghttp3_vec& part, std::uint32_t& flags);
  void resume_waiting();

  StreamControl& connection_;
  const HttpConfig& config_;
  MemoryBudget budget_;
  std::unordered_map<StreamId, HttpRequest> requests_;
  std::unordered_map<StreamId, ControlStreamGuard> guards_;  // of the peer's unidirectional streams
  std::set<StreamId> waiting_;                               // for memory to read files into
  std::unique_ptr<nghttp3_conn, ConnDeleter> conn_;
};

}  // namespace quicrx
