// SPDX-License-Identifier: MIT
/// An HTTP/3 session over a connection that is none: any bytes on any stream, in the order in which QUIC
/// could deliver them, and what the session offers taken in parts.
///
/// Input: operations. An operation is a byte (below) and what it needs.
#include <nghttp3/nghttp3.h>

#include <map>
#include <vector>

#include "input.h"
#include "observed.h"
#include "require.h"
#include "service/h3_service.h"
#include "site.h"

namespace quicrx::fuzz {
namespace {

constexpr int kMaxOperations = 256;
constexpr int kMaxOffers = 100;
constexpr std::uint64_t kMaxStreams = 100;

/// What a connection knows of a stream.
struct Stream {
  bool receives = true;  // its peer may send more
  bool sends = true;     // we may
  std::uint64_t sent = 0;
  std::uint64_t acked = 0;
  std::uint64_t received = 0;
  std::uint64_t consumed = 0;
};

bool is_uni(StreamId stream) {
  return (stream & 2) != 0;
}
bool is_ours(StreamId stream) {
  return (stream & 1) != 0;
}

/// Behaves to its session as quic/connection.cpp on ngtcp2 does.
class FakeConnection final : public StreamControl {
 public:
  explicit FakeConnection(Service& service) : session_(service.accept(*this)) {
    session_->streams_allowed(kMaxStreams);
    session_->ready();
  }

  void consume(StreamId stream, std::uint64_t bytes) override {
    const auto found = streams_.find(stream);
    if (found == streams_.end()) return;
    found->second.consumed += bytes;
    require(found->second.consumed <= found->second.received, "no more is consumed than came");
  }
  void wake() override {}
  void abort(StreamId stream, AppError error) override {
    stop_reading(stream, error);
    if (Stream* known = find(stream)) known->sends = false;
  }
  void stop_reading(StreamId stream, AppError) override {
    Stream* known = find(stream);
    if (known == nullptr || !known->receives || (is_uni(stream) && is_ours(stream))) return;
    known->receives = false;
    session_->read_ended(stream);
  }
  StreamId open_uni() override {
    const StreamId stream = 3 + 4 * opened_++;
    streams_[stream].receives = false;
    return stream;
  }
  void close(AppError error) override {
    if (!closed_) saw(0x4000 + error);
    closed_ = true;
  }
  [[nodiscard]] bool early() const override { return false; }
  [[nodiscard]] std::size_t max_datagram() const override { return 0; }
  bool send_datagram(Bytes) override { return false; }
  [[nodiscard]] HeldBytes hold() override { return HeldBytes(); }
  void count_misuse() override {}

  void receive(StreamId stream, Bytes data, bool fin) {
    Stream& known = open(stream);
    if (!known.receives || (data.empty() && !fin)) return;
    known.received += data.size();
    known.receives = !fin;
    session_->received(stream, data, fin);
    settle();
  }

  void reset(StreamId stream, AppError error) {
    Stream& known = open(stream);
    if (!known.receives) return;
    known.receives = false;
    session_->reset(stream, error);
    settle();
  }

  /// The peer sent STOP_SENDING: the next offer will be refused.
  void stop_sending(StreamId stream) {
    if (Stream* known = find(stream)) known->sends = false;
    settle();
  }

  /// Takes what the session offers: of each offer at most `most` bytes; each stream may be blocked once.
  void pull(std::size_t most, bool block) {
    for (int i = 0; i < kMaxOffers && !closed_; ++i) {
      Outgoing offer;
      if (!session_->next(offer)) break;
      Stream* known = find(offer.stream);
      require(known != nullptr, "only open streams are offered");
      if (!known->sends) {
        session_->write_ended(offer.stream);
        continue;
      }
      if (block) {
        session_->blocked(offer.stream);
        blocked_.push_back(offer.stream);
        continue;
      }
      take(offer, *known, most);
    }
    settle();
  }

  void acknowledge(std::size_t bytes) {
    for (auto& [stream, known] : streams_) {
      const std::uint64_t now = std::min<std::uint64_t>(bytes, known.sent - known.acked);
      known.acked += now;
      if (now > 0 && !closed_) session_->acked(stream, now);
    }
    settle();
  }

  void unblock() {
    for (const StreamId stream : std::exchange(blocked_, {}))
      if (find(stream) != nullptr && !closed_) session_->writable(stream);
    settle();
  }

  void drain() { session_->drain(); }

  [[nodiscard]] bool closed() const { return closed_; }

 private:
  Stream* find(StreamId stream) {
    const auto found = streams_.find(stream);
    return found == streams_.end() ? nullptr : &found->second;
  }

  /// A stream of the peer: open since now, if it was not.
  Stream& open(StreamId stream) {
    if (gone_.contains(stream)) return nowhere_ = {.receives = false, .sends = false};
    const auto [found, is_new] = streams_.try_emplace(stream);
    if (is_new && is_uni(stream)) found->second.sends = false;
    return found->second;
  }

  void take(const Outgoing& offer, Stream& stream, std::size_t most) {
    std::size_t total = 0, taken = 0;
    for (std::size_t i = 0; i < offer.part_count; ++i) {
      const auto* bytes = static_cast<const std::uint8_t*>(offer.parts[i].iov_base);
      for (std::size_t j = 0; j < offer.parts[i].iov_len && taken < most; ++j, ++taken) read_ ^= bytes[j];
      total += offer.parts[i].iov_len;
    }
    const bool fin = offer.fin && taken == total;
    stream.sent += taken;
    stream.sends = !fin;
    session_->sent(offer.stream, taken, fin);
  }

  /// Streams that are over in both directions, and acknowledged, are closed.
  void settle() {
    std::vector<StreamId> over;
    for (const auto& [stream, known] : streams_)
      if (!known.receives && !known.sends && known.acked == known.sent) over.push_back(stream);
    for (const StreamId stream : over) {
      if (closed_) return;
      session_->closed(stream, NGHTTP3_H3_NO_ERROR);
      streams_.erase(stream);
      gone_[stream] = true;
    }
  }

  std::map<StreamId, Stream> streams_;
  std::map<StreamId, bool> gone_;
  std::vector<StreamId> blocked_;
  Stream nowhere_;
  StreamId opened_ = 0;
  bool closed_ = false;
  std::uint8_t read_ = 0;  // so that what is offered is read
  std::unique_ptr<Session> session_;
};

// The low bits of an operation's byte; the others choose the stream.
enum Operation : std::uint8_t { data, data_and_fin, reset, stop_sending, pull, block, acknowledge, drain };
constexpr std::uint8_t kMask = 0x07;

/// Four unidirectional streams of the client, then bidirectional ones.
StreamId stream_of(std::uint8_t byte) {
  const StreamId number = byte >> 3;
  return number < 4 ? 2 + 4 * number : 4 * (number - 4);
}

void step(FakeConnection& connection, Input& input) {
  const std::uint8_t byte = input.u8();
  const StreamId stream = stream_of(byte);
  switch (static_cast<Operation>(byte & kMask)) {
    case data:
    case data_and_fin: {
      const Bytes given = input.take(input.u8());
      const std::vector<std::uint8_t> copy(given.begin(), given.end());  // memory that ends there
      connection.receive(stream, copy, (byte & kMask) == data_and_fin);
      break;
    }
    case reset:
      connection.reset(stream, input.u8());
      break;
    case stop_sending:
      connection.stop_sending(stream);
      break;
    case pull:
      connection.pull(std::size_t{input.u8()} * 64 + 1, false);
      break;
    case block:
      (byte & 8) != 0 ? connection.unblock() : connection.pull(0, true);
      break;
    case acknowledge:
      connection.acknowledge(std::size_t{input.u8()} * 1024 + 1);
      break;
    case drain:
      connection.drain();
      break;
  }
}

void run_one(Input input) {
  static Site site;
  H3Service service(site.config());
  {
    FakeConnection connection(service);
    for (int i = 0; i < kMaxOperations && !input.empty() && !connection.closed(); ++i)
      step(connection, input);
  }
  site.clean();
}

}  // namespace
}  // namespace quicrx::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t bytes) {
  quicrx::fuzz::run_one({data, bytes});
  return 0;
}
