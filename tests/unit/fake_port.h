// SPDX-License-Identifier: MIT
/// A port in plain memory: what is sent through it waits to be looked at.
#pragma once

#include <algorithm>
#include <deque>
#include <vector>

#include "frame/slab_pool.h"
#include "quicrx/port.h"

namespace quicrx::test {

class FakePort final : public Port {
 public:
  static constexpr std::size_t kFrameBytes = 2048;
  static constexpr std::size_t kPayload = 1452;

  struct Sent {
    std::vector<std::uint8_t> payload;
    Path path;
    Ecn ecn = Ecn::not_ect;
    PoolId pool = 0;
  };

  explicit FakePort(std::size_t frames)
      : memory_(frames * kFrameBytes),
        words_(frames),
        pool({1, kFrameBytes, 128}, memory_, words_, counters) {}

  std::size_t receive(std::span<Datagram>, Timestamp) override { return 0; }
  FramePool* transmit_pool(const Path&) override { return &pool; }
  std::optional<Frame> acquire(const Path&) override { return pool.acquire(); }
  void send(Frame frame, const Path& path, Ecn ecn) override {
    const Bytes payload = frame.payload();
    sent.push_back({{payload.begin(), payload.end()}, path, ecn, frame.tag().pool()});
    if (slow) in_transmit.push_back(std::move(frame));
  }
  void flush() override {}
  std::size_t max_payload(const Path&) const override { return kPayload; }

  /// A datagram in a frame of the pool, as if it had been received.
  Datagram datagram(const std::vector<std::uint8_t>& payload, const Path& path, Timestamp now) {
    Datagram made{std::move(*pool.acquire()), path, Ecn::ect0, now};
    std::ranges::copy(payload, made.frame.room().begin());
    made.frame.resize(payload.size());
    return made;
  }

 private:
  std::vector<std::uint8_t> memory_;
  std::vector<FrameWord> words_;

 public:
  PoolCounters counters;
  SlabPool pool;
  std::deque<Sent> sent;
  bool slow = false;  ///< what is sent stays with the kernel, until the test takes it back
  std::deque<Frame> in_transmit;
};

}  // namespace quicrx::test
