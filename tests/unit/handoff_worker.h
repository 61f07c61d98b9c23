// SPDX-License-Identifier: MIT
/// As much of a worker as hands datagrams over: a pool that it receives into, and its ends of the lanes.
#pragma once

#include <cstring>
#include <deque>
#include <memory>
#include <vector>

#include "engine/handoff.h"
#include "frame/pool_ids.h"
#include "frame/slab_pool.h"

namespace quicrx::test {

struct HandoffWorker {
  static constexpr std::size_t kFrameBytes = 64;

  HandoffWorker(WorkerNumber its_number, std::uint32_t frames)
      : number(its_number),
        memory(frames * kFrameBytes),
        words(frames),
        pool({pool_id(number, PoolKind::receive), kFrameBytes, 0}, memory, words, pool_counters),
        waker(std::move(*Waker::create())),
        handoff(counters, latency) {}

  /// A datagram with a number in it, as if the kernel had put it into a frame. Nothing when all are out.
  std::optional<Datagram> receive(std::uint64_t content) {
    const auto index = pool.lend_for_receive();
    if (!index) return std::nullopt;
    auto frame = pool.take_received(*index);
    frame.set_payload(kOffset, sizeof(content));
    std::memcpy(frame.room().data(), &content, sizeof(content));
    Datagram datagram{std::move(frame), {}, Ecn::ce, Timestamp(std::chrono::seconds(7)), 99};
    datagram.path.link.vlan_count = 1;
    return datagram;
  }
  static std::uint64_t content_of(const Datagram& datagram) {
    std::uint64_t content = 0;
    std::memcpy(&content, datagram.frame.payload().data(), sizeof(content));
    return content;
  }

  static constexpr std::size_t kOffset = 14;

  WorkerNumber number;
  std::vector<std::uint8_t> memory;
  std::vector<FrameWord> words;
  PoolCounters pool_counters;
  SlabPool pool;
  Waker waker;
  HandoffCounters counters;
  LatencyHistogram latency;
  Handoff handoff;
};

/// Two workers with a lane each way, of whose frames so many may be with the other.
struct HandoffPair {
  HandoffPair(std::uint32_t frames, std::uint32_t limit, std::uint32_t first_index = 0)
      : workers{{HandoffWorker(0, frames), HandoffWorker(1, frames)}},
        away{{AwayFrames({{workers[0].pool, limit}}, 1), AwayFrames({{workers[1].pool, limit}}, 1)}},
        lanes{{HandoffLane(away[0], frames, first_index), HandoffLane(away[1], frames, first_index)}} {
    workers[0].handoff.connect({{}, {&lanes[0], &lanes[1], &workers[1].waker}});
    workers[1].handoff.connect({{&lanes[1], &lanes[0], &workers[0].waker}, {}});
  }
  std::array<HandoffWorker, 2> workers;
  std::array<AwayFrames, 2> away;
  std::array<HandoffLane, 2> lanes;  // by origin
};

}  // namespace quicrx::test
