// SPDX-License-Identifier: MIT
#include "service/perf_service.h"

#include <algorithm>
#include <array>
#include <unordered_map>

#include "service/stream_queue.h"

namespace quicrx {
namespace {

constexpr AppError kNoError = 0;
constexpr AppError kNoLength = 1;  // the draft has no codes
constexpr std::size_t kLengthBytes = 8;
constexpr std::array<std::uint8_t, std::size_t{64} << 10> kZeros{};

class PerfSession final : public Session {
 public:
  explicit PerfSession(StreamControl& connection) : connection_(connection) {}

  void ready() override {}
  void streams_allowed(std::uint64_t) override {}
  void received(StreamId stream, Bytes data, bool fin) override;
  [[nodiscard]] bool next(Outgoing& out) override;
  void sent(StreamId stream, std::uint64_t bytes, bool fin) override;
  void blocked(StreamId stream) override { ready_.remove(stream); }
  void writable(StreamId stream) override;
  void write_ended(StreamId stream) override;
  void acked(StreamId, std::uint64_t) override {}
  void reset(StreamId stream, AppError) override;
  void read_ended(StreamId) override {}
  void closed(StreamId stream, AppError) override;
  [[nodiscard]] bool drained() const override { return answers_.empty(); }
  [[nodiscard]] AppError no_error() const override { return kNoError; }

 private:
  struct Request {
    std::uint64_t answer_bytes = 0;
    std::size_t length_bytes = 0;  // of the eight, that have come
  };

  void refuse(StreamId stream);
  void answer(StreamId stream, std::uint64_t bytes);

  StreamControl& connection_;
  std::unordered_map<StreamId, Request> requests_;
  std::unordered_map<StreamId, std::uint64_t> answers_;  // bytes that are still to be sent
  StreamQueue ready_;
};

void PerfSession::received(StreamId stream, Bytes data, bool fin) {
  connection_.consume(stream, data.size());
  Request& request = requests_[stream];
  for (const std::uint8_t byte : data.first(std::min(data.size(), kLengthBytes - request.length_bytes))) {
    request.answer_bytes = request.answer_bytes << 8 | byte;
    ++request.length_bytes;
  }
  if (!fin) return;
  if (request.length_bytes == kLengthBytes) {
    answer(stream, request.answer_bytes);
  } else {
    refuse(stream);
  }
}

void PerfSession::refuse(StreamId stream) {
  connection_.count_misuse();
  connection_.abort(stream, kNoLength);
}

void PerfSession::answer(StreamId stream, std::uint64_t bytes) {
  if (is_unidirectional(stream)) {
    if (bytes == 0) return;  // an upload
    stream = connection_.open_uni();
    if (stream < 0) return;
  }
  answers_[stream] = bytes;
  ready_.add(stream);
  connection_.wake();
}

bool PerfSession::next(Outgoing& out) {
  if (ready_.empty()) return false;
  out.stream = ready_.front();
  const std::uint64_t left = answers_[out.stream];
  const auto bytes = static_cast<std::size_t>(std::min<std::uint64_t>(left, kZeros.size()));
  out.parts[0] = {const_cast<std::uint8_t*>(kZeros.data()), bytes};
  out.part_count = 1;
  out.fin = bytes == left;
  return true;
}

void PerfSession::sent(StreamId stream, std::uint64_t bytes, bool fin) {
  const auto found = answers_.find(stream);
  if (found == answers_.end()) return;
  found->second -= bytes;
  if (fin) {
    ready_.remove(stream);
  } else {
    ready_.move_to_end(stream);
  }
}

void PerfSession::writable(StreamId stream) {
  const auto found = answers_.find(stream);
  if (found != answers_.end() && found->second > 0) ready_.add(stream);
}

void PerfSession::write_ended(StreamId stream) {
  answers_.erase(stream);
  ready_.remove(stream);
}

void PerfSession::reset(StreamId stream, AppError) {
  if (!answers_.contains(stream)) refuse(stream);
}

void PerfSession::closed(StreamId stream, AppError) {
  requests_.erase(stream);
  write_ended(stream);
}

}  // namespace

std::unique_ptr<Session> PerfService::accept(StreamControl& connection) {
  return std::make_unique<PerfSession>(connection);
}

}  // namespace quicrx
