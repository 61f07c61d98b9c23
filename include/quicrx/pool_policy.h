// SPDX-License-Identifier: MIT
/// Which frames a connection may have, and how many.
#pragma once

#include <cstdint>
#include <optional>

#include "quicrx/address.h"
#include "quicrx/export.h"
#include "quicrx/frame_pool.h"

namespace quicrx {

/// A pool, and how many of its frames one connection may have out at once.
struct FrameBudget {
  /// Null: the worker's. Frames to send from need room for 1,200 bytes behind the headroom (what every path
  /// of QUIC carries, RFC 9000 section 14), and 1,472 to use an Ethernet's MTU. The pool outlives the
  /// connection, and every frame of it that is still out then (with the kernel, or with whoever took it).
  FramePool* pool = nullptr;
  /// Nothing: a fair share, which is as many as the pool has left. So one connection alone takes half of a
  /// pool at most, n busy ones 1/(n+1) each, and those that are idle nothing. 0: none at all; it can
  /// never send.
  std::optional<std::uint32_t> frames{};
};

/// The frames of one connection.
struct ConnectionFrames {
  /// What its datagrams are written into. At the end of the budget its writes wait until frames are back from
  /// the kernel. (A pool of the connection's own works with every port; AF_XDP has to copy from it.)
  FrameBudget send{};
  /// What its session keeps of what it received (StreamControl::hold). At the end of the budget it gets heap
  /// instead; how much is bounded by the windows that the session has not opened by consume().
  FrameBudget hold{};
};

/// Decides about the frames of new connections. Without one every connection has fair shares of the worker's
/// pools. Whatever it says, a connection at the end of its budget has none of another's.
///
/// Called on the endpoint's thread: a policy that several endpoints share is called from several threads.
class QUICRX_API PoolPolicy {
 public:
  PoolPolicy() = default;
  PoolPolicy(const PoolPolicy&) = delete;
  PoolPolicy& operator=(const PoolPolicy&) = delete;
  virtual ~PoolPolicy() = default;

  /// For a connection that begins. `client`: where its first datagram came from, which may not be proven yet
  /// (RFC 9000 section 8.1).
  [[nodiscard]] virtual ConnectionFrames begin(const SocketAddress& client) = 0;

  /// The connection is gone; frames of it may still be out.
  virtual void end(const ConnectionFrames&) {}
};

}  // namespace quicrx
