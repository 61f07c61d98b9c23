// SPDX-License-Identifier: MIT
#pragma once

#include <nghttp3/nghttp3.h>

#include <cstdint>
#include <memory>
#include <set>
#include <unordered_map>
#include <vector>

#include "quicrx/service.h"
#include "service/h3_field_audit.h"
#include "service/h3_peer_stream.h"
#include "service/http_date.h"
#include "service/http_request.h"
#include "service/request_head.h"

namespace quicrx {

/// nghttp3's state machine for one connection, and the requests under way.
class H3Session final : public Session {
 public:
  /// `service_memory` and `clock` outlive the session.
  H3Session(StreamControl& connection, const HttpConfig& config, MemoryBudget& service_memory,
            DateClock& clock);

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
  void handshake_completed() override;
  void drain() override;
  [[nodiscard]] bool drained() const override;
  [[nodiscard]] AppError no_error() const override { return NGHTTP3_H3_NO_ERROR; }
  [[nodiscard]] AppError excessive_load() const override { return NGHTTP3_H3_EXCESSIVE_LOAD; }

 private:
  struct Callbacks;
  struct ConnDeleter {
    void operator()(nghttp3_conn* conn) const { nghttp3_conn_del(conn); }
  };

  /// A request and its answer, on a stream.
  struct Exchange {
    Exchange(const HttpConfig& config, MemoryBudget& budget) : request(config, budget) {}

    HttpRequest request;
    RequestHead head;
    std::optional<HttpAnswer> answer;
    bool complete = false;  // the end of the answer was sent
    bool stopped = false;   // we told the peer not to go on sending
    bool dropped = false;   // we gave it up, or the peer did
  };

  /// GOAWAY in two steps (RFC 9114 section 5.2): first a warning, and when the peer has it, which requests
  /// will still be served.
  enum class Drain { no, warned, last_told };

  /// Closes the connection with the error that nghttp3 met; true when there was none.
  bool check(nghttp3_ssize result);
  /// The exchange on a stream, unless it was dropped.
  Exchange* find(StreamId stream);
  bool read(StreamId stream, Bytes data, bool fin);
  void received_uni(StreamId stream, Bytes data, bool fin);
  void end_request(StreamId stream);
  /// RFC 9114 section 4.1.2: the connection goes on.
  void refuse_malformed(StreamId stream);
  void head_done(StreamId stream, bool fin);
  void request_done(StreamId stream);
  /// Sends the answer, if there is one and none was sent. `whole`: the request has come to its end.
  void submit(StreamId stream, std::optional<HttpAnswer> answer, bool whole);
  nghttp3_ssize read_body(StreamId stream, nghttp3_vec& part, std::uint32_t& flags);
  void resume_waiting();
  /// Gives an exchange up with an error of the stream.
  void drop(StreamId stream, AppError error);
  /// The stream is gone: what was not complete was given up by the peer.
  void forget(StreamId stream);

  StreamControl& connection_;
  const HttpConfig& config_;
  DateClock& clock_;
  MemoryBudget budget_;
  std::unordered_map<StreamId, Exchange> exchanges_;
  std::unordered_map<StreamId, H3PeerStream> peer_streams_;  // unidirectional
  H3FieldAudit audit_;
  StreamId ending_ = -1;           // whose end follows the bytes being read
  std::size_t body_read_ = 0;      // by the read under way
  std::set<StreamId> waiting_;     // for memory to read files into
  std::vector<StreamId> delayed_;  // whole, but may be replays until the handshake is complete
  StreamId control_ = -1;
  std::uint64_t control_sent_ = 0;
  std::uint64_t control_acked_ = 0;
  std::uint64_t control_before_warning_ = 0;
  Drain drain_ = Drain::no;
  std::unique_ptr<nghttp3_conn, ConnDeleter> conn_;
};

}  // namespace quicrx
