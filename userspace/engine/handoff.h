// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/handoff_counters.h"
#include "engine/handoff_lane.h"
#include "engine/latency_histogram.h"
#include "engine/waker.h"
#include "quic/forwarder.h"

namespace quicrx {

/// A worker's ends of the lanes to and from all others. One thread.
class Handoff final : public Forwarder {
 public:
  /// Another worker.
  struct Peer {
    HandoffLane* to = nullptr;
    HandoffLane* from = nullptr;
    Waker* waker = nullptr;
    /// Index of the interface that it serves where that is another than ours; 0 where it is the same.
    unsigned other_interface = 0;
  };

  /// Without peers.
  Handoff(HandoffCounters& counters, LatencyHistogram& latency) : counters_(counters), latency_(latency) {}
  /// By worker number; the worker's own place is empty. The lanes and wakers outlive this.
  void connect(std::vector<Peer> peers) { peers_ = std::move(peers); }

  void forward(Datagram datagram, WorkerNumber to, Timestamp now) override;
  /// Has the others see what was forwarded since, and wakes those that sleep: once a batch.
  void publish();
  /// Takes back frames that the others have let go.
  void collect();
  /// Datagrams of ours that arrived at others, a few of each; at most out.size().
  std::size_t take(std::span<Datagram> out, Timestamp now);

  /// Whether there is something to take().
  [[nodiscard]] bool pending();
  /// Frames of ours that others have.
  [[nodiscard]] std::uint32_t away() const;

 private:
  std::vector<Peer> peers_;
  HandoffCounters& counters_;
  LatencyHistogram& latency_;
  std::size_t first_ = 0;  // of the peers in the next take()
};

}  // namespace quicrx
