// SPDX-License-Identifier: MIT
#include "service/echo_service.h"

#include <unordered_map>
#include <utility>

#include "service/echo_buffer.h"
#include "service/stream_queue.h"

namespace quicrx {
namespace {

constexpr AppError kNoError = 0;
constexpr AppError kGivenUp = 1;  // the protocol has no codes of its own

class EchoSession final : public Session {
 public:
  explicit EchoSession(StreamControl& connection) : connection_(connection) {}

  void ready() override {}
  void streams_allowed(std::uint64_t) override {}
  void received(StreamId id, Bytes data, bool fin) override;
  [[nodiscard]] bool next(Outgoing& out) override;
  void sent(StreamId id, std::uint64_t bytes, bool fin) override;
  void blocked(StreamId id) override { ready_.remove(id); }
  void writable(StreamId id) override { offer(id); }
  void write_ended(StreamId id) override;
  void acked(StreamId id, std::uint64_t bytes) override;
  void reset(StreamId id, AppError) override;
  void read_ended(StreamId) override {}
  void closed(StreamId id, AppError) override;
  void datagram(Bytes data) override { connection_.send_datagram(data); }
  [[nodiscard]] bool drained() const override { return streams_.empty(); }
  [[nodiscard]] AppError no_error() const override { return kNoError; }

 private:
  struct Stream {
    explicit Stream(StreamControl& connection) : buffer(connection) {}

    EchoBuffer buffer;
    bool whole = false;  // its end has come
    bool ended = false;  // nothing more is sent on it
  };

  void offer(StreamId id);

  StreamControl& connection_;
  std::unordered_map<StreamId, Stream> streams_;
  StreamQueue ready_;
};

void EchoSession::received(StreamId id, Bytes data, bool fin) {
  if (is_unidirectional(id)) {
    connection_.consume(id, data.size());
    return;
  }
  Stream& stream = streams_.try_emplace(id, connection_).first->second;
  if (stream.ended) {
    connection_.consume(id, data.size());
    return;
  }
  stream.buffer.append(data);
  stream.whole = fin;
  offer(id);
  connection_.wake();
}

void EchoSession::offer(StreamId id) {
  const auto found = streams_.find(id);
  if (found == streams_.end() || found->second.ended) return;
  if (found->second.whole || found->second.buffer.left() > 0) ready_.add(id);
}

bool EchoSession::next(Outgoing& out) {
  if (ready_.empty()) return false;
  out.stream = ready_.front();
  Stream& stream = streams_.find(out.stream)->second;
  const MutableBytes unsent = stream.buffer.unsent();
  out.parts[0] = {unsent.data(), unsent.size()};
  out.part_count = 1;
  out.fin = stream.whole && unsent.size() == stream.buffer.left();
  return true;
}

void EchoSession::sent(StreamId id, std::uint64_t bytes, bool fin) {
  const auto found = streams_.find(id);
  if (found == streams_.end()) return;
  Stream& stream = found->second;
  stream.buffer.sent(bytes);
  stream.ended = fin;
  if (fin || (stream.buffer.left() == 0 && !stream.whole)) {
    ready_.remove(id);
  } else {
    ready_.move_to_end(id);
  }
}

/// The echo is not wanted; and so there is nothing to read for.
void EchoSession::write_ended(StreamId id) {
  ready_.remove(id);
  if (const auto found = streams_.find(id); found != streams_.end()) {
    found->second.ended = true;
    connection_.stop_reading(id, kGivenUp);
  }
}

void EchoSession::acked(StreamId id, std::uint64_t bytes) {
  const auto found = streams_.find(id);
  if (found == streams_.end()) return;
  found->second.buffer.acked(bytes);
  connection_.consume(id, bytes);
}

void EchoSession::reset(StreamId id, AppError) {
  connection_.count_misuse();
  if (is_unidirectional(id)) return;
  ready_.remove(id);
  if (const auto found = streams_.find(id); found != streams_.end()) found->second.ended = true;
  connection_.abort(id, kGivenUp);
}

void EchoSession::closed(StreamId id, AppError) {
  ready_.remove(id);
  const auto found = streams_.find(id);
  if (found == streams_.end()) return;
  // What was never acknowledged still counts against the connection's window.
  connection_.consume(id, found->second.buffer.size());
  streams_.erase(found);
}

}  // namespace

std::unique_ptr<Session> EchoService::accept(StreamControl& connection) {
  return std::make_unique<EchoSession>(connection);
}

}  // namespace quicrx
