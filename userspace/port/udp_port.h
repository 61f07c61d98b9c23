// SPDX-License-Identifier: MIT
#pragma once

#include <sys/socket.h>
#include <sys/uio.h>

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "port/datagram_train.h"
#include "port/lazy_array.h"
#include "port/segment_pause.h"
#include "port/socket_messages.h"
#include "port/socket_port_base.h"
#include "quicrx/result.h"

namespace quicrx {

/// A socket port by recvmmsg and sendmmsg, with UDP_GRO and UDP_SEGMENT.
///
/// What the kernel has no room for waits here, and with it its frames, until a later flush().
class UdpPort final : public SocketPortBase {
 public:
  /// Refuses a port that any other socket has, but for `shares`.
  static Result<std::unique_ptr<UdpPort>> open(const Config& config, const Storage& storage);

  UdpPort(const Config& config, const Storage& storage, UdpSocket socket, Mapping memory);

  Result<void> adopt() override;

  std::size_t receive(std::span<Datagram> out, Timestamp now) override;
  [[nodiscard]] std::optional<Frame> acquire(const Path& path) override;
  void send(Frame frame, const Path& path, Ecn ecn) override;
  void flush() override;
  [[nodiscard]] int descriptor() const override { return socket_.descriptor(); }
  [[nodiscard]] bool has_received() const override { return next_ < got_ || !cutter_.empty(); }
  [[nodiscard]] std::size_t frames_in_transmit() const override { return datagrams_queued_; }
  [[nodiscard]] bool has_unsent() const override { return queued_ > 0; }

 private:
  /// Where a received message goes.
  struct Slot {
    std::optional<FrameIndex> lent;
    sockaddr_in6 address{};
    iovec part{};
    ControlRoom control;
  };

  bool prepare(std::size_t slot);
  bool read_socket(std::size_t most);
  void begin_message(Timestamp now);
  DatagramTrain& train(std::size_t place) { return trains_[(first_ + place) % trains_.size()]; }
  bool put(Frame& frame, const Path& path, Ecn ecn);
  std::size_t send_messages();
  bool send_some();
  bool send_first_singly();
  void end_first();

  std::vector<Slot> slots_;          // kBatch
  std::vector<mmsghdr> received_;    // by slot
  std::size_t got_ = 0;              // slots with a message
  std::size_t next_ = 0;             // the first that was not looked at
  LazyArray<DatagramTrain> trains_;  // kTransmitFrames, a ring of those queued
  std::vector<mmsghdr> messages_;    // of the queued, from the first on
  std::size_t first_ = 0;            // of trains_
  std::size_t queued_ = 0;           // of trains_
  std::size_t datagrams_queued_ = 0;
  bool out_of_room_ = false;  // at the last flush()
  SegmentPause pause_;
};

}  // namespace quicrx
