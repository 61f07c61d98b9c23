// SPDX-License-Identifier: MIT
#pragma once

#include <sys/socket.h>
#include <sys/uio.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "port/socket_messages.h"
#include "quicrx/datagram.h"

namespace quicrx {

/// Datagrams for one path that the kernel takes as one message, each sent from where it lies (UDP_SEGMENT,
/// udp(7)). All have the size of the first but the last, which may be smaller.
///
/// Stays where it is: the message points into it.
class DatagramTrain {
 public:
  /// Older kernels take no more segments, and none takes more bytes than UDP over IPv4 has.
  static constexpr std::size_t kMostDatagrams = 64;
  static constexpr std::size_t kMostBytes = 65507;

  DatagramTrain() = default;
  DatagramTrain(const DatagramTrain&) = delete;
  DatagramTrain& operator=(const DatagramTrain&) = delete;

  /// Begins anew with one datagram.
  void begin(Frame frame, const Path& path, Ecn ecn);
  /// Adds a datagram, taking the frame; false when it is of another train.
  bool add(Frame& frame, const Path& path, Ecn ecn);
  /// Makes the message complete: no more are added.
  void close();
  /// From now on they are sent one by one: the kernel refuses the message. Once closed.
  void split() { split_ = true; }
  /// Gives the frames back.
  void clear();

  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  /// Of memory, that the datagrams lie in.
  [[nodiscard]] std::size_t pages() const;
  [[nodiscard]] std::span<Frame> frames() { return std::span(frames_).first(size_); }
  /// All as one message; once closed.
  [[nodiscard]] msghdr& message() { return message_; }
  [[nodiscard]] bool is_split() const { return split_; }
  /// Of those sent one by one.
  [[nodiscard]] std::size_t singles_left() const { return size_ - singles_done_; }
  /// The next one as a message of its own; once split.
  [[nodiscard]] msghdr single();
  void end_single() { ++singles_done_; }

 private:
  void put(Frame frame);

  msghdr message_{};
  SocketAddress remote_, local_;
  std::uint32_t interface_ = 0;
  Ecn ecn_ = Ecn::not_ect;
  bool full_ = false;
  bool closed_ = false;
  bool split_ = false;
  std::size_t singles_done_ = 0;
  std::size_t size_ = 0;
  std::size_t bytes_ = 0;
  ControlRoom control_;
  std::array<iovec, kMostDatagrams> parts_{};
  std::array<Frame, kMostDatagrams> frames_;
};

}  // namespace quicrx
