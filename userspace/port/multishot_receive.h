// SPDX-License-Identifier: MIT
#pragma once

#include <sys/socket.h>

#include <optional>

#include "port/io_ring.h"
#include "port/port_counters.h"
#include "port/provided_buffers.h"

namespace quicrx {

/// Receives a socket's messages by one request that goes on and on, each into a frame that the kernel takes
/// from the provided buffers (io_uring_prep_recvmsg_multishot(3)).
///
/// When the buffers run out the request ends; it is made anew when frames are back.
class MultishotReceive {
 public:
  struct Message {
    Frame frame;      ///< its payload is the message's
    msghdr header{};  ///< the rest of it, in the frame's headroom
  };

  /// `ring` is this one's alone, with `buffers` attached to it; the pool of `buffers` and the socket outlive
  /// this.
  MultishotReceive(IoRing ring, Mapping buffers, SlabPool& pool, int socket, PortCounters& counters);
  MultishotReceive(const MultishotReceive&) = delete;
  MultishotReceive& operator=(const MultishotReceive&) = delete;
  /// The kernel writes into no frame any more.
  ~MultishotReceive();

  Result<void> enable() { return ring_.enable(); }

  /// Lends free frames, and makes the request where there is none.
  void refill();
  /// The next message; nothing when none is there.
  [[nodiscard]] std::optional<Message> next();

  /// Readable when next() has something.
  [[nodiscard]] int descriptor() const { return ring_.descriptor(); }
  [[nodiscard]] bool has_received() const { return ring_.has_work(); }
  /// Nothing is received for now: all frames are out, or the kernel did not take the request. Nobody tells
  /// when that ends: refill() is to be called again soon.
  [[nodiscard]] bool starved() const { return !armed_ || ring_.unsubmitted(); }

 private:
  std::optional<Message> read(const IoRing::Completion& completion);

  ProvidedBuffers buffers_;
  IoRing ring_;  // ends before the buffers
  int socket_;
  PortCounters& counters_;
  msghdr shape_{};  // how much of a frame is for address and control messages
  bool armed_ = false;
};

}  // namespace quicrx
