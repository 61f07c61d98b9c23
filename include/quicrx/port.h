// SPDX-License-Identifier: MIT
/// Where datagrams come from and go to.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "quicrx/datagram.h"
#include "quicrx/export.h"
#include "quicrx/frame.h"
#include "quicrx/result.h"

namespace quicrx {

/// The most datagrams that a port takes or gives at once.
inline constexpr std::size_t kBatch = 64;

/// A source and sink of UDP datagrams over frames of a pool of its own. Used by one thread.
///
/// In: receive(), handle the datagrams, let their frames die (or keep them: they are yours). Out: acquire(),
/// write into room(), resize(), send(); then flush() once for the lot.
class QUICRX_API Port {
 public:
  Port() = default;
  Port(const Port&) = delete;
  Port& operator=(const Port&) = delete;
  virtual ~Port() = default;

  /// Moves at most out.size() datagrams that have arrived into `out`; returns how many. Never waits. Also
  /// does what a port must do each turn (completions read, fill ring refilled), so it is called each turn.
  virtual std::size_t receive(std::span<Datagram> out, Timestamp now) = 0;

  /// Where acquire() takes frames for `path` from; null when no datagram can be sent on it.
  [[nodiscard]] virtual FramePool* transmit_pool(const Path& path) = 0;

  /// A frame to write a datagram for `path` into; nothing when all transmit frames are out.
  [[nodiscard]] virtual std::optional<Frame> acquire(const Path& path) = 0;

  /// Takes the frame and queues its payload for `path`. A frame of the path's transmit_pool() is sent where
  /// it lies, headers written into its headroom; so is one of any other pool by a socket or io_uring. AF_XDP
  /// can send from its UMEM only: there one of another pool is copied into a transmit frame (and counted).
  virtual void send(Frame frame, const Path& path, Ecn ecn) = 0;

  /// Hands what was queued to the kernel.
  virtual void flush() = 0;

  /// The most bytes of UDP payload that a datagram on `path` can have.
  [[nodiscard]] virtual std::size_t max_payload(const Path& path) const = 0;
};

/// What went through a port, and what was lost at it.
struct PortStatistics {
  std::uint64_t received_datagrams = 0;
  std::uint64_t received_bytes = 0;  ///< of UDP payload
  std::uint64_t sent_datagrams = 0;
  std::uint64_t sent_bytes = 0;
  std::uint64_t dropped_received = 0;  ///< unreadable, larger than a frame, or lost by the kernel's socket
  std::uint64_t dropped_sent = 0;      ///< the kernel refused them
  std::uint64_t refused_releases = 0;  ///< second, stale and foreign ones, of the port's pools
};

/// A port over one descriptor, which says when there is something to do.
///
/// A turn is receive(), then whatever that leads to, then flush(). Before a wait: look again at once if
/// has_received(), soon if has_unsent().
class QUICRX_API PollablePort : public Port {
 public:
  /// Readable (poll(2), epoll(7)) when something has arrived. The port's own: not to be read or closed.
  [[nodiscard]] virtual int descriptor() const = 0;

  /// Something has arrived that receive() has not delivered, and of which the descriptor may not tell.
  [[nodiscard]] virtual bool has_received() const = 0;

  /// Frames were queued that the kernel did not take yet: flush() is to be called again soon.
  [[nodiscard]] virtual bool has_unsent() const = 0;

  /// Lent to the kernel for send, and not yet back: receive() or flush() takes back those that are done.
  [[nodiscard]] virtual std::size_t frames_in_transmit() const = 0;

  /// Any thread.
  [[nodiscard]] virtual PortStatistics statistics() const = 0;

  /// The calling thread uses the port, and owns its pools, from now on. Needed where that is another than the
  /// one that opened it; before frames of it are out with other threads.
  virtual Result<void> adopt() = 0;
};

}  // namespace quicrx
