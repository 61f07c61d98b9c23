// SPDX-License-Identifier: MIT
#include "service/hq_service.h"

#include <memory>
#include <set>
#include <string>
#include <unordered_map>

#include "service/document_root.h"
#include "service/file_reader.h"
#include "service/stream_queue.h"

namespace quicrx {
namespace {

constexpr std::size_t kMaxRequestBytes = 4096;
constexpr AppError kNoError = 0;
constexpr AppError kRefused = 1;  // the protocol has no codes of its own

class HqSession final : public Session {
 public:
  HqSession(StreamControl& connection, const HttpConfig& config, MemoryBudget& service_memory)
      : connection_(connection),
        config_(config),
        budget_(config.send_memory_per_connection_bytes, &service_memory) {}

  void ready() override {}
  void streams_allowed(std::uint64_t) override {}
  void received(StreamId stream, Bytes data, bool fin) override;
  [[nodiscard]] bool next(Outgoing& out) override;
  void sent(StreamId stream, std::uint64_t bytes, bool fin) override;
  void blocked(StreamId stream) override { ready_.remove(stream); }
  void writable(StreamId stream) override { offer(stream); }
  void write_ended(StreamId stream) override;
  void acked(StreamId stream, std::uint64_t bytes) override;
  void reset(StreamId stream, AppError) override;
  void read_ended(StreamId) override {}
  void closed(StreamId stream, AppError) override;
  [[nodiscard]] bool drained() const override { return streams_.empty(); }
  [[nodiscard]] AppError no_error() const override { return kNoError; }

 private:
  struct Stream {
    std::string request;
    std::unique_ptr<FileReader> file;
    MutableBytes unsent;  // of the piece read last
    bool last = false;    // no piece follows `unsent`
    bool ended = false;   // its end was sent
  };

  void refuse_malformed(StreamId id);
  void answer(StreamId id, Stream& stream);
  void offer(StreamId id);
  bool fill(StreamId id, Stream& stream);

  StreamControl& connection_;
  const HttpConfig& config_;
  MemoryBudget budget_;
  std::unordered_map<StreamId, Stream> streams_;
  StreamQueue ready_;           // have something to send
  std::set<StreamId> waiting_;  // for memory
};

void HqSession::received(StreamId id, Bytes data, bool fin) {
  connection_.consume(id, data.size());
  Stream& stream = streams_[id];
  if (stream.file) return;
  stream.request.append(reinterpret_cast<const char*>(data.data()), data.size());
  if (stream.request.size() > kMaxRequestBytes) {
    refuse_malformed(id);
  } else if (fin || stream.request.ends_with('\n')) {
    answer(id, stream);
  }
}

void HqSession::refuse_malformed(StreamId id) {
  connection_.count_misuse();
  connection_.abort(id, kRefused);
}

void HqSession::answer(StreamId id, Stream& stream) {
  constexpr std::string_view kGet = "GET ";
  const std::string_view line =
      std::string_view(stream.request).substr(0, stream.request.find_first_of("\r\n"));
  const std::string path = line.starts_with(kGet) ? decode_path(line.substr(kGet.size())) : std::string();
  if (path.empty()) {
    refuse_malformed(id);
    return;
  }
  auto file = open_beneath(config_.root, path);
  if (!file) {  // also where there is no root
    connection_.abort(id, kRefused);
    return;
  }
  stream.file = std::make_unique<FileReader>(std::move(file->descriptor), ByteRange{0, file->bytes}, budget_);
  offer(id);
  connection_.wake();
}

void HqSession::offer(StreamId id) {
  const auto found = streams_.find(id);
  if (found == streams_.end() || !found->second.file || found->second.ended) return;
  ready_.add(id);
}

/// Reads the next piece where the last one is sent. False when the stream has nothing to offer now.
bool HqSession::fill(StreamId id, Stream& stream) {
  if (!stream.unsent.empty() || stream.last) return true;
  const FileReader::Piece piece = stream.file->next();
  if (piece.status == FileReader::Status::failed) connection_.abort(id, kRefused);
  if (piece.status == FileReader::Status::wait) waiting_.insert(id);
  if (piece.status != FileReader::Status::data) return false;
  stream.unsent = piece.bytes;
  stream.last = piece.last;
  return true;
}

bool HqSession::next(Outgoing& out) {
  while (!ready_.empty()) {
    const StreamId id = ready_.front();
    Stream& stream = streams_[id];
    if (fill(id, stream)) {
      out.stream = id;
      out.parts[0] = {stream.unsent.data(), stream.unsent.size()};
      out.part_count = 1;
      out.fin = stream.last;
      return true;
    }
    ready_.remove(id);
  }
  return false;
}

void HqSession::sent(StreamId id, std::uint64_t bytes, bool fin) {
  const auto found = streams_.find(id);
  if (found == streams_.end()) return;
  found->second.unsent = found->second.unsent.subspan(static_cast<std::size_t>(bytes));
  found->second.ended = fin;
  if (fin) {
    ready_.remove(id);
  } else {
    ready_.move_to_end(id);
  }
}

void HqSession::write_ended(StreamId id) {
  ready_.remove(id);
  if (const auto found = streams_.find(id); found != streams_.end()) found->second.ended = true;
}

void HqSession::acked(StreamId id, std::uint64_t bytes) {
  const auto found = streams_.find(id);
  if (found == streams_.end() || !found->second.file) return;
  found->second.file->acked(bytes);
  for (const StreamId waiting : std::exchange(waiting_, {})) offer(waiting);
  connection_.wake();
}

void HqSession::reset(StreamId id, AppError) {
  const auto found = streams_.find(id);
  if (found == streams_.end() || !found->second.ended) connection_.count_misuse();
  connection_.abort(id, kRefused);
}

void HqSession::closed(StreamId id, AppError) {
  ready_.remove(id);
  waiting_.erase(id);
  streams_.erase(id);
  for (const StreamId waiting : std::exchange(waiting_, {})) offer(waiting);
}

}  // namespace

std::unique_ptr<Session> HqService::accept(StreamControl& connection) {
  return std::make_unique<HqSession>(connection, config_, memory_);
}

}  // namespace quicrx
