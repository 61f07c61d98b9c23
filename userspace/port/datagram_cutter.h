// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "frame/slice_pool.h"
#include "port/port_counters.h"
#include "quicrx/datagram.h"

struct msghdr;

namespace quicrx {

/// Makes datagrams of what a UDP socket received: of each message one, or several that UDP_GRO put into one
/// buffer. Those may be handed out in several goes.
class DatagramCutter {
 public:
  /// `id` and `udp_port` are of the port whose datagrams these are.
  DatagramCutter(PortId id, std::uint16_t udp_port, SlicePool& slices, PortCounters& counters)
      : id_(id), udp_port_(udp_port), slices_(slices), counters_(counters) {}

  /// The next message, once the last is empty(): its bytes are the frame's payload. `header` has the sender's
  /// address, the control messages and the flags. What is no datagram for us is dropped and counted.
  void begin(Frame frame, msghdr& header, Timestamp now);

  /// Whether nothing is left of the message.
  [[nodiscard]] bool empty() const { return !alone_ && several_.left() == 0; }

  /// Moves at most out.size() datagrams of the message into `out`; returns how many.
  std::size_t take(std::span<Datagram> out);

 private:
  bool accept(const Frame& frame, msghdr& header);
  void put(Datagram& out, Frame frame);

  PortId id_;
  std::uint16_t udp_port_;
  SlicePool& slices_;
  PortCounters& counters_;
  std::uint32_t lost_in_all_ = 0;  // by the kernel, last time it said
  // Of the present message:
  Frame alone_;  // most come so, and need no slice
  SlicePool::Cutting several_;
  Path path_;
  Ecn ecn_ = Ecn::not_ect;
  Timestamp arrival_;
  std::uint32_t segment_bytes_ = 0;
};

}  // namespace quicrx
