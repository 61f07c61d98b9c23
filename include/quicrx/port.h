// SPDX-License-Identifier: MIT
/// Where datagrams come from and go to.
#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include "quicrx/datagram.h"
#include "quicrx/frame.h"

namespace quicrx {

/// The most datagrams that a port takes or gives at once.
inline constexpr std::size_t kBatch = 64;

/// A source and sink of UDP datagrams over frames of a pool of its own. Used by one thread, its worker's.
///
/// In: receive(), handle the datagrams, let their frames die. Out: acquire(), write into room(), resize(),
/// send(); then flush() once for the lot.
class Port {
 public:
  Port() = default;
  Port(const Port&) = delete;
  Port& operator=(const Port&) = delete;
  virtual ~Port() = default;

  /// Moves at most out.size() datagrams that have arrived into `out`; returns how many. Never waits. Also
  /// does what a port must do each turn (completions read, fill ring refilled), so it is called each turn.
  virtual std::size_t receive(std::span<Datagram> out, Timestamp now) = 0;

  /// A frame to write a datagram for `path` into; nothing when all transmit frames are out.
  [[nodiscard]] virtual std::optional<Frame> acquire(const Path& path) = 0;

  /// Takes the frame and queues its payload for `path`. Headers are written into the frame's headroom.
  virtual void send(Frame frame, const Path& path, Ecn ecn) = 0;

  /// Hands what was queued to the kernel.
  virtual void flush() = 0;

  /// The most bytes of UDP payload that a datagram on `path` can have.
  [[nodiscard]] virtual std::size_t max_payload(const Path& path) const = 0;
};

}  // namespace quicrx
