// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "frame/slab_pool.h"
#include "port/datagram_train.h"
#include "port/io_ring.h"
#include "port/lazy_array.h"
#include "port/port_counters.h"
#include "port/segment_pause.h"
#include "port/socket_port.h"
#include "quicrx/datagram.h"

namespace quicrx {

/// Sends trains of datagrams by io_uring. Frames are kept until the kernel is done with them.
///
/// Zero copy (SENDMSG_ZC) is for trains that are worth it, and no longer tried where the kernel copies
/// anyway.
class TrainSender {
 public:
  static constexpr unsigned kTrains = SocketPort::kTransmitFrames;  // under way at once: room for each frame
  static constexpr unsigned kCompletions = 4 * kTrains;

  /// `ring` is this one's alone. Frames of `transmit` count as lent for send; it and the socket outlive this.
  TrainSender(IoRing ring, int socket, SlabPool& transmit, PortCounters& counters);
  TrainSender(const TrainSender&) = delete;
  TrainSender& operator=(const TrainSender&) = delete;
  /// The kernel reads from no frame any more.
  ~TrainSender();

  Result<void> enable() { return ring_.enable(); }

  void send(Frame frame, const Path& path, Ecn ecn);
  /// Hands what was queued to the kernel.
  void flush();
  /// Takes back the frames that the kernel is done with.
  void complete();

  [[nodiscard]] bool has_unsent() const { return !queued_.empty() || !split_.empty() || ring_.unsubmitted(); }
  [[nodiscard]] std::size_t frames_out() const { return frames_out_; }

 private:
  using Place = std::uint8_t;  // of a slot
  static_assert(kTrains <= 256);

  /// What becomes of a train when the kernel is done with it.
  enum class Next : std::uint8_t { end, send_again, send_singly };

  /// A train, from its first datagram to its completion.
  struct Slot {
    DatagramTrain train;
    std::array<FrameIndex, DatagramTrain::kMostDatagrams> lent{};  // of the transmit pool
    std::size_t lent_frames = 0;
    bool zero_copy = false;
    Next next = Next::end;
  };

  bool put(Frame& frame, const Path& path, Ecn ecn);
  void prepare(Place place);
  void take_result(const IoRing::Completion& completion);
  void take_notification(std::int32_t usage);
  Next fail_train(Slot& slot, int error);
  void go_on(Place place);
  void go_on_singly();
  void drop_waiting();
  void finish(Place place);

  PortCounters& counters_;
  SlabPool& transmit_;
  int socket_;
  LazyArray<Slot> slots_;  // kTrains
  std::vector<Place> free_, queued_;
  std::vector<Place> split_;          // sent one by one, as soon as the socket has room
  std::vector<FrameCharge> charges_;  // by transmit frame, while it is lent
  std::size_t frames_out_ = 0;        // queued or with the kernel
  SegmentPause pause_;
  bool zero_copy_ = true;         // whether it is worth trying
  unsigned copied_in_a_row_ = 0;  // in spite of zero copy
  IoRing ring_;                   // ends first
};

}  // namespace quicrx
