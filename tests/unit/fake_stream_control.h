// SPDX-License-Identifier: MIT
/// A connection for a session alone: what the session asks of it waits to be looked at.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "quicrx/service.h"

namespace quicrx::test {

class FakeStreamControl final : public StreamControl {
 public:
  void consume(StreamId stream, std::uint64_t bytes) override { consumed[stream] += bytes; }
  void wake() override { ++wakes; }
  void abort(StreamId stream, AppError error) override { aborted.emplace(stream, error); }
  void stop_reading(StreamId stream, AppError error) override { stopped.emplace(stream, error); }
  [[nodiscard]] StreamId open_uni() override {
    if (uni_allowed == 0) return -1;
    --uni_allowed;
    return std::exchange(next_uni_, next_uni_ + 4);
  }
  void close(AppError error) override {
    if (!closed) closed = error;
  }
  [[nodiscard]] bool early() const override { return is_early; }
  [[nodiscard]] std::size_t max_datagram() const override { return 1200; }
  bool send_datagram(Bytes data) override {
    datagrams.emplace_back(data.begin(), data.end());
    return true;
  }
  [[nodiscard]] HeldBytes hold() override { return HeldBytes(); }
  void count_misuse() override { ++misuses; }

  std::map<StreamId, std::uint64_t> consumed;
  std::map<StreamId, AppError> aborted;  ///< with the first error given
  std::map<StreamId, AppError> stopped;
  std::optional<AppError> closed;
  std::vector<std::string> datagrams;
  int uni_allowed = 3;
  int misuses = 0;
  int wakes = 0;
  bool is_early = false;

 private:
  StreamId next_uni_ = 3;
};

/// A session with such a connection, and all that it has sent.
class SessionUnderTest {
 public:
  template <typename Service>
  explicit SessionUnderTest(Service& service) : session(service.accept(control)) {
    session->streams_allowed(100);
    session->ready();
  }

  void give(StreamId stream, const std::string& bytes, bool fin = false) {
    session->received(stream, Bytes(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()), fin);
  }
  /// Takes what the session has to send, at most `packet` bytes at a time. `order`: the streams, in turn.
  void take(std::uint64_t packet = 1'000'000) {
    Outgoing out;
    while (!control.closed && session->next(out)) {
      std::string bytes;
      for (std::size_t i = 0; i < out.part_count; ++i)
        bytes.append(static_cast<const char*>(out.parts[i].iov_base), out.parts[i].iov_len);
      const bool whole = bytes.size() <= packet;
      bytes.resize(std::min<std::size_t>(bytes.size(), packet));
      sent[out.stream] += bytes;
      if (whole && out.fin) finished[out.stream] = true;
      order.push_back(out.stream);
      session->sent(out.stream, bytes.size(), whole && out.fin);
      out = {};
    }
  }

  FakeStreamControl control;
  std::unique_ptr<Session> session;
  std::map<StreamId, std::string> sent;
  std::map<StreamId, bool> finished;
  std::vector<StreamId> order;
};

}  // namespace quicrx::test
